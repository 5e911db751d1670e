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

/** The lowest opsets, and the lowest IR version, in which a graph's nodes have the form that Slipway's operators have. */
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
    Long older = schema.domain().isEmpty() ? OLDER_FORM.get(schema.name()) : null;
    if (older == null || hasNewAttribute(node.op())) {
      return since;
    }
    long need = older;
    for (ValueId id : Stream.concat(node.inputs().stream(), node.outputs().stream()).toList()) {
      if (id.isPresent() && graph.type(id) instanceof TensorType type) {
        need = Math.max(need, typeNeed(schema.name(), type.dtype(), since));
      }
    }
    return Math.min(since, need);
  }

  private static long typeNeed(String operator, DType dtype, long since) {
    boolean half = dtype == DType.FLOAT16 || dtype == DType.BFLOAT16;
    return operator.equals("Range") && half ? since : TYPE_SINCE.getOrDefault(dtype, 1L);
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
