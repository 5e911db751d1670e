package dev.slipway.builder;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Makes a graph of 16-bit floats compute in float32: constants are widened, inputs cast at the start and outputs back
 * at the end. For backends without 16-bit arithmetic; the results are at least as exact.
 */
final class Float32Legalization {
  private Float32Legalization() {}

  /**
   * The graph in float32; itself where it has no 16-bit floats, or has subgraphs, whose types would not fit.
   *
   * @param computed types that the backend computes in, which may stay
   */
  static Graph legalize(Graph graph, Set<DType> computed) {
    boolean narrow = graph.values().stream()
        .anyMatch(value -> isNarrow(value.type()) && !computed.contains(((TensorType) value.type()).dtype()));
    boolean nested = graph.nodes().stream().anyMatch(node -> !node.op().subgraphs().isEmpty());
    if (!narrow || nested) {
      return graph;
    }
    GraphCopy copy = new GraphCopy(graph, type -> type, Float32Legalization::widen);
    for (ValueId input : graph.inputs()) {
      if (isNarrow(graph.type(input))) {
        String name = graph.value(input).name() + "_float32";
        copy.replace(input, copy.addNew(name, cast(DType.FLOAT32), copy.of(input)));
      }
    }
    for (Node node : graph.nodes()) {
      copy.add(node.name(), widen(node.op()), node.inputs(), node.outputs());
    }
    Map<ValueId, DType> narrowOutputs = new LinkedHashMap<>();
    for (ValueId output : graph.outputs().values()) {
      if (isNarrow(graph.type(output))) {
        narrowOutputs.put(output, ((TensorType) graph.type(output)).dtype());
      }
    }
    narrowOutputs.forEach((output, dtype) -> copy.replace(
        output, copy.addNew(graph.value(output).name() + "_" + dtype, cast(dtype), copy.of(output))));
    return copy.build();
  }

  private static boolean isNarrow(ValueType type) {
    return type instanceof TensorType tensor
        && (tensor.dtype() == DType.FLOAT16 || tensor.dtype() == DType.BFLOAT16);
  }

  private static Tensor widen(Tensor tensor) {
    if (!isNarrow(tensor.type())) {
      return tensor;
    }
    Tensor wide = Tensor.allocate(tensor.type().withDType(DType.FLOAT32));
    wide.set(tensor.toFloats());
    return wide;
  }

  /** Operators that name a 16-bit type in an attribute name float32 instead. */
  private static Op widen(Op op) {
    Attributes attributes = op.attributes();
    for (String name : new String[] {"to", "dtype", "output_dtype"}) {
      if (attributes.values().get(name) instanceof Long code
          && (code == DType.FLOAT16.code() || code == DType.BFLOAT16.code())) {
        return Operators.get(op.schema().qualifiedName()).create(attributes.with(name, DType.FLOAT32));
      }
    }
    return op;
  }

  private static Op cast(DType to) {
    return Operators.get("Cast").create(Attributes.of("to", to));
  }
}
