package dev.slipway.analysis;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.Fused;
import java.util.Set;
import java.util.stream.Collectors;

/** What an operator is for, by which a picture of a graph is coloured. */
enum OperatorKind {
  PRODUCT,
  ELEMENTWISE,
  NORMALIZATION,
  REDUCTION,
  QUANTIZATION,
  MOVEMENT,
  CONTROL,
  OTHER;

  private static final Set<String> PRODUCTS = Set.of("Conv", "ConvTranspose", "ConvInteger", "Gemm", "MatMul",
      "MatMulInteger", "FusedMatMul", "Einsum", "Attention", "LSTM", "GRU", "RNN", "QuantizedConv", "QuantizedMatMul",
      "QLinearConv", "QLinearMatMul", "Float8MatMul", "DeformConv");
  private static final Set<String> MOVEMENTS = Set.of("Reshape", "Transpose", "Concat", "Split", "Slice", "Gather",
      "GatherElements", "GatherND", "Squeeze", "Unsqueeze", "Flatten", "Expand", "Tile", "Pad", "Identity", "Shape",
      "Reorder", "DepthToSpace", "SpaceToDepth", "Resize", "Cast", "Constant", "ConstantOfShape", "Range", "ScatterND",
      "ScatterElements", "Size");

  static OperatorKind of(Op op) {
    if (op instanceof Fused(Graph body)) {
      return body.nodes().stream()
          .filter(node -> !(node.op() instanceof Elementwise))
          .findFirst()
          .map(Node::op)
          .map(OperatorKind::of)
          .orElse(ELEMENTWISE);
    }
    String name = op.schema().name();
    if (!op.subgraphs().isEmpty()) {
      return CONTROL;
    }
    if (PRODUCTS.contains(name)) {
      return PRODUCT;
    }
    if (name.contains("Quantize")) {
      return QUANTIZATION;
    }
    if (MOVEMENTS.contains(name)) {
      return MOVEMENT;
    }
    if (op instanceof Elementwise) {
      return ELEMENTWISE;
    }
    if (name.endsWith("Normalization") || name.endsWith("Softmax")) {
      return NORMALIZATION;
    }
    return name.endsWith("Pool") || name.startsWith("Reduce") || name.startsWith("Arg") || name.equals("TopK")
        ? REDUCTION
        : OTHER;
  }

  /** The operator, a fused group as the operators in it. */
  static String label(Op op) {
    return op instanceof Fused(Graph body)
        ? body.nodes().stream().map(Node::op).map(OperatorKind::label).collect(Collectors.joining("+"))
        : op.schema().name();
  }
}
