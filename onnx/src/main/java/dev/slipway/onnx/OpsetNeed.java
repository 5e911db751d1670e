package dev.slipway.onnx;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The lowest opsets, and the lowest IR version, in which a graph's nodes have the form that Slipway's operators have.
 */
final class OpsetNeed {
  /** Written where nothing newer is needed: every runtime of the last years reads it. */
  private static final long LEAST = 13;

  /** The newest versions of these operators only add element types, or attributes whose defaults change nothing. */
  private static final Map<String, Long> OLDER_FORM = Map.ofEntries(
      Map.entry("Cast", 19L),
      Map.entry("CastLike", 19L),
      Map.entry("ConstantOfShape", 9L),
      Map.entry("DequantizeLinear", 21L),
      Map.entry("Flatten", 13L),
      Map.entry("Identity", 16L),
      Map.entry("If", 16L),
      Map.entry("Loop", 16L),
      Map.entry("Pad", 19L),
      Map.entry("QuantizeLinear", 21L),
      Map.entry("Range", 11L),
      Map.entry("Reshape", 14L),
      Map.entry("Scan", 16L),
      Map.entry("Shape", 15L),
      Map.entry("Size", 13L),
      Map.entry("SplitToSequence", 11L),
      Map.entry("Squeeze", 13L),
      Map.entry("TopK", 11L),
      Map.entry("Transpose", 13L),
      Map.entry("Unsqueeze", 13L));

  /** The newest versions of these operators only add bfloat16. */
  private static final Map<String, Long> BEFORE_BFLOAT16 = Map.ofEntries(
      Map.entry("Acos", 7L),
      Map.entry("Acosh", 9L),
      Map.entry("Asin", 7L),
      Map.entry("Asinh", 9L),
      Map.entry("Atan", 7L),
      Map.entry("Atanh", 9L),
      Map.entry("AveragePool", 19L),
      Map.entry("Bernoulli", 15L),
      Map.entry("Conv", 11L),
      Map.entry("ConvTranspose", 11L),
      Map.entry("Cos", 7L),
      Map.entry("Cosh", 9L),
      Map.entry("DeformConv", 19L),
      Map.entry("Det", 11L),
      Map.entry("Dropout", 13L),
      Map.entry("Elu", 6L),
      Map.entry("EyeLike", 9L),
      Map.entry("GRU", 14L),
      Map.entry("GlobalAveragePool", 1L),
      Map.entry("GlobalLpPool", 2L),
      Map.entry("GlobalMaxPool", 1L),
      Map.entry("GridSample", 20L),
      Map.entry("HardSigmoid", 6L),
      Map.entry("HardSwish", 14L),
      Map.entry("InstanceNormalization", 6L),
      Map.entry("LSTM", 14L),
      Map.entry("LpNormalization", 1L),
      Map.entry("LpPool", 18L),
      Map.entry("MaxPool", 12L),
      Map.entry("MaxUnpool", 11L),
      Map.entry("Mish", 18L),
      Map.entry("Multinomial", 7L),
      Map.entry("NegativeLogLikelihoodLoss", 13L),
      Map.entry("RNN", 14L),
      Map.entry("RandomNormal", 1L),
      Map.entry("RandomNormalLike", 1L),
      Map.entry("RandomUniform", 1L),
      Map.entry("RandomUniformLike", 1L),
      Map.entry("RoiAlign", 16L),
      Map.entry("Round", 11L),
      Map.entry("Selu", 6L),
      Map.entry("Sin", 7L),
      Map.entry("Sinh", 9L),
      Map.entry("Softplus", 1L),
      Map.entry("Softsign", 1L),
      Map.entry("Tan", 7L),
      Map.entry("ThresholdedRelu", 10L));

  /** The opsets that brought these element types to the operators with an older form. */
  private static final Map<DType, Long> TYPE_SINCE = Map.of(
      DType.FLOAT8E4M3FN, 19L,
      DType.FLOAT8E4M3FNUZ, 19L,
      DType.FLOAT8E5M2, 19L,
      DType.FLOAT8E5M2FNUZ, 19L,
      DType.INT4, 21L,
      DType.UINT4, 21L,
      DType.FLOAT4E2M1, 23L,
      DType.FLOAT8E8M0, 24L,
      DType.INT2, 25L,
      DType.UINT2, 25L);

  /** The IR version that came with each opset. Source: docs/Versioning.md of ONNX. */
  private static final TreeMap<Long, Long> IR_OF_OPSET = new TreeMap<>(Map.of(
      1L, 4L, 10L, 5L, 11L, 6L, 12L, 7L, 15L, 8L, 19L, 9L, 21L, 10L, 23L, 11L, 25L, 12L, 26L, 13L));

  private static final long RANGE_OF_HALF = 27;

  private OpsetNeed() {}

  /** The version of each domain that the nodes use, those of subgraphs included. */
  static Map<String, Long> of(Graph graph) {
    Map<String, Long> opsets = new TreeMap<>();
    opsets.put("", LEAST);
    collect(graph, opsets);
    return opsets;
  }

  static long irVersion(long opset) {
    return IR_OF_OPSET.floorEntry(opset).getValue();
  }

  private static void collect(Graph graph, Map<String, Long> opsets) {
    for (Node node : graph.nodes()) {
      opsets.merge(node.op().schema().domain(), need(graph, node), Math::max);
      node.op().subgraphs().forEach(subgraph -> collect(subgraph, opsets));
    }
  }

  private static long need(Graph graph, Node node) {
    OpSchema schema = node.op().schema();
    long since = schema.sinceVersion();
    boolean bfloat16 = BEFORE_BFLOAT16.containsKey(schema.name());
    long need = (bfloat16 ? BEFORE_BFLOAT16 : OLDER_FORM).getOrDefault(schema.name(), since);
    if (!schema.domain().isEmpty() || hasNewAttribute(node.op())) {
      return since;
    }
    for (ValueId id : Stream.concat(node.inputs().stream(), node.outputs().stream()).toList()) {
      if (id.isPresent() && graph.type(id) instanceof TensorType type) {
        boolean tooNew = bfloat16 && type.dtype() == DType.BFLOAT16;
        need = Math.max(need, tooNew ? since : typeNeed(schema.name(), type.dtype()));
      }
    }
    return Math.min(since, need);
  }

  private static long typeNeed(String operator, DType dtype) {
    boolean half = dtype == DType.FLOAT16 || dtype == DType.BFLOAT16;
    return operator.equals("Range") && half ? RANGE_OF_HALF : TYPE_SINCE.getOrDefault(dtype, 1L);
  }

  /** Attributes that the newest versions of the operators with an older form added. */
  private static boolean hasNewAttribute(Op op) {
    return switch (op.schema().name()) {
      case "Cast", "CastLike" -> !op.attributes().string("round_mode", "up").equals("up");
      case "QuantizeLinear" -> op.attributes().integer("precision", 0) != 0;
      default -> false;
    };
  }
}
