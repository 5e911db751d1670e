package dev.slipway.builder;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes a graph of float32 compute in float16: constants are narrowed, inputs cast at the start and outputs back at the
 * end, and around inputs of operators that take no float16. Constants beyond float16's range become its largest number.
 */
final class Float16Narrowing {
  private static final float LARGEST = 65504;

  private final Graph graph;
  private final Reasons reasons;
  private final GraphCopy copy;
  /** Copies of values in float32, for operators that want them so. */
  private final Map<ValueId, ValueId> wide = new LinkedHashMap<>();

  private Float16Narrowing(Graph graph, Reasons reasons) {
    this.graph = graph;
    this.reasons = reasons;
    this.copy = new GraphCopy(graph, type -> type, Float16Narrowing::narrowed);
  }

  /**
   * The graph in float16.
   *
   * @throws SlipwayException where it has subgraphs, whose types would not fit
   */
  static Graph narrow(Graph graph, Reasons reasons) {
    for (Node node : graph.nodes()) {
      if (!node.op().subgraphs().isEmpty()) {
        throw new SlipwayException("precision fp16: node " + node.name() + " (" + node.op().schema().name()
            + ") has a subgraph (expected: none; build with fp32)");
      }
    }
    return new Float16Narrowing(graph, reasons).run();
  }

  private Graph run() {
    for (ValueId input : graph.inputs()) {
      if (isFloat32(graph.type(input))) {
        copy.replace(input, copy.addNew(graph.value(input).name() + "_float16", cast(DType.FLOAT16), copy.of(input)));
      }
    }
    graph.nodes().forEach(this::add);
    Map<ValueId, ValueId> outputs = new LinkedHashMap<>();
    for (ValueId output : graph.outputs().values()) {
      if (isFloat32(graph.type(output)) && !isFloat32(copy.type(copy.of(output)))) {
        outputs.put(output, copy.of(output));
      }
    }
    outputs.forEach((output, narrow) -> copy.replace(
        output, copy.addNew(graph.value(output).name() + "_float32", cast(DType.FLOAT32), narrow)));
    return copy.build();
  }

  private void add(Node node) {
    Op op = narrowed(node.op());
    List<ValueId> inputs = new ArrayList<>();
    for (int port = 0; port < node.inputs().size(); port++) {
      inputs.add(input(node, op, port));
    }
    copy.addCopied(node.name(), op, inputs, node.outputs());
    for (ValueId output : node.outputs()) {
      if (output.isPresent() && isFloat32(copy.type(copy.of(output)))) {
        reasons.add(node.name(), "stays float32: " + op.schema().name() + " gives no float16");
        copy.replace(
            output, copy.addNew(graph.value(output).name() + "_float16", cast(DType.FLOAT16), copy.of(output)));
      }
    }
  }

  private ValueId input(Node node, Op op, int port) {
    ValueId id = node.inputs().get(port);
    if (!id.isPresent() || !isFloat32(graph.type(id)) || takesFloat16(op.schema(), port)) {
      return copy.of(id);
    }
    Optional<Tensor> constant = graph.constant(id);
    String name = graph.value(id).name();
    return wide.computeIfAbsent(id, key -> constant.isPresent()
        ? copy.constant(name + "_float32", constant.get())
        : copy.addNew(name + "_wide", cast(DType.FLOAT32), copy.of(key)));
  }

  private static boolean takesFloat16(OpSchema schema, int port) {
    return schema.inputPort(port).map(found -> found.constraint().accepts().contains(DType.FLOAT16)).orElse(true);
  }

  private static boolean isFloat32(ValueType type) {
    return type instanceof TensorType tensor && tensor.dtype() == DType.FLOAT32;
  }

  private static Tensor narrowed(Tensor tensor) {
    if (!isFloat32(tensor.type())) {
      return tensor;
    }
    float[] values = tensor.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.isFinite(values[i]) ? Math.clamp(values[i], -LARGEST, LARGEST) : values[i];
    }
    Tensor narrow = Tensor.allocate(tensor.type().withDType(DType.FLOAT16));
    narrow.set(values);
    return narrow;
  }

  /** Operators that name float32 in an attribute name float16 instead. */
  private static Op narrowed(Op op) {
    Attributes attributes = op.attributes();
    for (String name : new String[] {"to", "dtype", "output_dtype"}) {
      if (attributes.values().get(name) instanceof Long code && code == DType.FLOAT32.code()) {
        return Operators.get(op.schema().qualifiedName()).create(attributes.with(name, DType.FLOAT16));
      }
    }
    return op;
  }

  private static Op cast(DType to) {
    return Operators.get("Cast").create(Attributes.of("to", to));
  }
}
