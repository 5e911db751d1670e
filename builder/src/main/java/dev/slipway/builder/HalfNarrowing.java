package dev.slipway.builder;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.Fused;
import dev.slipway.operators.Operators;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes a graph of float32 compute in 16-bit floats: constants are narrowed, inputs cast at the start and outputs back
 * at the end. Casts stand around what stays in float32 too: inputs of operators that take no such floats, and nodes
 * whose values are known to overflow. Constants beyond the type's range become its largest number.
 */
final class HalfNarrowing {
  static final float LARGEST_FLOAT16 = 65504;

  /** How reasons begin that say why a node is left in float32. */
  static final String STAYS = "stays float32: ";

  private final Graph graph;
  private final DType type;
  private final ValueRanges ranges;
  private final Reasons reasons;
  private final GraphCopy copy;
  /** Copies of values in float32, and in the 16-bit type, where {@link GraphCopy#of} has the other. */
  private final Map<ValueId, ValueId> wide = new HashMap<>();

  private final Map<ValueId, ValueId> narrow = new HashMap<>();

  private HalfNarrowing(Graph graph, DType type, ValueRanges ranges, Reasons reasons) {
    this.graph = graph;
    this.type = type;
    this.ranges = ranges;
    this.reasons = reasons;
    this.copy = new GraphCopy(graph, input -> input, this::narrowed);
  }

  /**
   * The graph in float16 or bfloat16.
   *
   * @param ranges of its values, where they are known
   * @throws SlipwayException where it has subgraphs, whose types would not fit
   */
  static Graph narrow(Graph graph, DType type, ValueRanges ranges, Reasons reasons) {
    for (Node node : graph.nodes()) {
      if (!node.op().subgraphs().isEmpty() && !isQuantized(node.op())) {
        throw new SlipwayException("precision " + type + ": node " + node.name() + " (" + node.op().schema().name()
            + ") has a subgraph (expected: none; build with fp32)");
      }
    }
    return new HalfNarrowing(graph, type, ranges, reasons).run();
  }

  private Graph run() {
    graph.nodes().forEach(this::add);
    Map<ValueId, ValueId> outputs = new LinkedHashMap<>();
    for (ValueId output : graph.outputs().values()) {
      if (isFloat32(graph.type(output)) && !isFloat32(copy.type(copy.of(output)))) {
        outputs.put(output, copy.of(output));
      }
    }
    outputs.forEach((output, half) -> copy.replace(
        output, copy.addNew(graph.value(output).name() + "_float32", cast(DType.FLOAT32), half)));
    return copy.build();
  }

  private void add(Node node) {
    Optional<String> overflow = type == DType.FLOAT16
        ? ranges.overflow(graph, node, LARGEST_FLOAT16)
        : Optional.empty();
    overflow.ifPresent(reason -> reasons.add(node.name(), STAYS + reason));
    Op op = overflow.isPresent() ? node.op() : narrowed(node.op());
    List<ValueId> inputs = new ArrayList<>();
    for (int port = 0; port < node.inputs().size(); port++) {
      boolean keepsFloats = isQuantized(op) && !(port == 0 && roundsToFloat8(node));
      boolean takesHalves = overflow.isEmpty() && !keepsFloats && takes(op.schema(), port);
      inputs.add(input(node.inputs().get(port), takesHalves));
    }
    copy.addCopied(node.name(), op, inputs, node.outputs());
    boolean isWide = node.outputs().stream().anyMatch(id -> id.isPresent() && isFloat32(copy.type(copy.of(id))));
    if (overflow.isEmpty() && isWide) {
      reasons.add(node.name(), STAYS + op.schema().name() + " gives no " + type);
    }
  }

  /** An input of a node in the copy: a float32 of the original as half or as it was. */
  private ValueId input(ValueId id, boolean asHalf) {
    if (!id.isPresent() || !isFloat32(graph.type(id))) {
      return copy.of(id);
    }
    String name = graph.value(id).name();
    if (isFloat32(copy.type(copy.of(id)))) {
      return asHalf
          ? narrow.computeIfAbsent(id, key -> copy.addNew(name + "_" + type, cast(type), copy.of(key)))
          : copy.of(id);
    }
    Optional<Tensor> constant = graph.constant(id);
    return asHalf ? copy.of(id) : wide.computeIfAbsent(id, key -> constant.isPresent()
        ? copy.constant(name + "_float32", constant.get())
        : copy.addNew(name + "_wide", cast(DType.FLOAT32), copy.of(key)));
  }

  /** Operators from bytes or to bytes keep the scales that were found for them; no other is a group yet. */
  private static boolean isQuantized(Op op) {
    return op instanceof Fused || op instanceof QuantizeLinear || op instanceof DequantizeLinear;
  }

  /** Whether a node rounds floats, of which 16 bits are more than it keeps. */
  private boolean roundsToFloat8(Node node) {
    return node.op() instanceof QuantizeLinear && graph.type(node.output()) instanceof TensorType to
        && to.dtype() == DType.FLOAT8E4M3FN;
  }

  private boolean takes(OpSchema schema, int port) {
    return schema.inputPort(port).map(found -> found.constraint().accepts().contains(type)).orElse(true);
  }

  private static boolean isFloat32(ValueType type) {
    return type instanceof TensorType tensor && tensor.dtype() == DType.FLOAT32;
  }

  private Tensor narrowed(Tensor tensor) {
    if (!isFloat32(tensor.type())) {
      return tensor;
    }
    float[] values = tensor.toFloats();
    for (int i = 0; type == DType.FLOAT16 && i < values.length; i++) {
      values[i] = Float.isFinite(values[i]) ? Math.clamp(values[i], -LARGEST_FLOAT16, LARGEST_FLOAT16) : values[i];
    }
    Tensor half = Tensor.allocate(tensor.type().withDType(type));
    half.set(values);
    return half;
  }

  /** Operators that name float32 in an attribute name the 16-bit type instead. */
  private Op narrowed(Op op) {
    Attributes attributes = op.attributes();
    for (String name : new String[] {"to", "dtype", "output_dtype"}) {
      if (attributes.values().get(name) instanceof Long code && code == DType.FLOAT32.code()) {
        return Operators.get(op.schema().qualifiedName()).create(attributes.with(name, type));
      }
    }
    return op;
  }

  private static Op cast(DType to) {
    return Operators.get("Cast").create(Attributes.of("to", to));
  }
}
