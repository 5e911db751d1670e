package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Conv;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.MatMul;
import dev.slipway.operators.QLinearConv;
import dev.slipway.operators.QLinearMatMul;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.List;

/**
 * Makes of QLinearConv and QLinearMatMul what they mean: DequantizeLinear of the operands, Conv or MatMul, and
 * QuantizeLinear, which {@link QuantizedLowering} takes up together with what is around them.
 */
final class QLinearProducts {
  /** Where an operand has its scale and its zero point, behind its numbers. */
  private record Operand(int port, int axis) {}

  private final Graph graph;
  private final GraphCopy copy;

  private QLinearProducts(Graph graph) {
    this.graph = graph;
    copy = new GraphCopy(graph);
  }

  /** The graph without such operators on constant weights, scales and zero points; itself where there are none. */
  static Graph expand(Graph graph) {
    QLinearProducts products = new QLinearProducts(graph);
    return graph.nodes().stream().anyMatch(products::isTaken) ? products.run() : graph;
  }

  private Graph run() {
    for (Node node : graph.nodes()) {
      if (isTaken(node)) {
        expand(node);
      } else {
        copy.add(node.name(), node.op(), node.inputs(), node.outputs());
      }
    }
    return copy.build();
  }

  private boolean isTaken(Node node) {
    boolean isConv = node.op() instanceof QLinearConv;
    if (!isConv && !(node.op() instanceof QLinearMatMul)) {
      return false;
    }
    boolean areConstant =
        node.inputs().stream().skip(1).allMatch(id -> !id.isPresent() || graph.constant(id).isPresent());
    return areConstant
        && constant(node, 1).dtype() == DType.FLOAT32
        && List.of(1, 2, 6, 7).stream().allMatch(port -> constant(node, port).elementCount() == 1)
        && (isConv || constant(node, 3).rank() == 2 && constant(node, 4).rank() < 2);
  }

  private Tensor constant(Node node, int port) {
    return graph.constant(node.input(port)).orElseThrow();
  }

  private void expand(Node node) {
    boolean isConv = node.op() instanceof QLinearConv;
    ValueId x = dequantized(node, new Operand(0, 1));
    ValueId w = dequantized(node, new Operand(3, isConv ? 0 : 1));
    Op op = node.op() instanceof QLinearConv conv ? new Conv(conv.window(), conv.group()) : new MatMul();
    ValueId y = isConv && node.hasInput(8)
        ? copy.addNew(node.name() + "_product", op, x, w, bias(node))
        : copy.addNew(node.name() + "_product", op, x, w);
    List<ValueId> inputs = List.of(y, copy.of(node.input(6)), copy.of(node.input(7)));
    copy.addCopied(node.name(), new QuantizeLinear(1), inputs, node.outputs());
  }

  private ValueId dequantized(Node node, Operand operand) {
    return copy.addNew(
        node.name() + "_operand_" + operand.port,
        new DequantizeLinear(operand.axis),
        copy.of(node.input(operand.port)),
        copy.of(node.input(operand.port + 1)),
        copy.of(node.input(operand.port + 2)));
  }

  /** The bias, whose scale is the product of those of the operands. */
  private ValueId bias(Node node) {
    Tensor steps = constant(node, 4);
    double step = constant(node, 1).getDouble(0);
    Tensor scale = Tensor.allocate(DType.FLOAT32, steps.dims());
    for (long i = 0; i < steps.elementCount(); i++) {
      scale.setDouble(i, steps.getDouble(i) * step);
    }
    return copy.addNew(
        node.name() + "_bias",
        new DequantizeLinear(0),
        copy.of(node.input(8)),
        copy.constant(node.name() + "_bias_scale", scale));
  }
}
