package dev.slipway.analysis;

import dev.slipway.builder.QuantizedValue;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Reorder;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tensors inside of one run of a model, by the names of their values. A value keeps its name through passes, fusion
 * and tactics, so that the same names of two traces stand for the same values; values that a fused kernel keeps in
 * registers are in none. Floats that a quantised engine has as bytes are there as the floats that the bytes stand for.
 * Values beyond an eighth of the memory that the virtual machine may take lie in a temporary file, which goes with the
 * last of them.
 *
 * @param values copies, contiguous, in the order in which they were computed; the outputs of the model are among them
 */
public record Trace(Map<String, Tensor> values) {

  public Trace {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** Runs the reference evaluation of a graph. */
  public static Trace ofReference(Graph graph, Map<String, Tensor> inputs) {
    try (TraceValues values = new TraceValues()) {
      new ReferenceRun(graph).run(inputs, (node, id, result) -> {
        if (result instanceof Tensor tensor) {
          values.put(graph.value(id).name(), tensor);
        }
        return result;
      });
      graph.outputs().forEach((name, id) -> {
        String inner = graph.value(id).name();
        graph.constant(id)
            .or(() -> values.find(inner))
            .or(() -> Optional.ofNullable(inputs.get(inner)))
            .ifPresent(tensor -> values.putAgain(name, tensor));
      });
      return values.trace();
    }
  }

  /** Runs an engine; its outputs have the bits that they have without a trace. */
  public static Trace ofEngine(Engine engine, Map<String, Tensor> inputs) {
    Graph graph = engine.graph();
    try (TraceValues values = new TraceValues(); ExecutionContext context = engine.newContext()) {
      Map<String, Tensor> outputs = context.runTapped(inputs, (name, computed) ->
          graph.node(name).ifPresent(node -> put(values, graph, node, computed)));
      outputs.forEach((name, tensor) -> values.put(name, tensor.copy(Arena.ofAuto())));
      for (QuantizedValue quantized : QuantizedValue.of(graph)) {
        if (values.find(quantized.value()).isEmpty()) {
          values.find(quantized.bytes())
              .ifPresent(bytes -> values.put(quantized.value(), quantized.dequantize(bytes)));
        }
      }
      return values.trace();
    }
  }

  private static void put(TraceValues values, Graph graph, Node node, List<Optional<Datum>> computed) {
    for (int i = 0; i < computed.size(); i++) {
      ValueId id = node.output(i);
      if (id.isPresent() && computed.get(i).orElse(null) instanceof Tensor tensor) {
        values.put(graph.value(id).name(), contiguousCopy(tensor));
      }
    }
  }

  private static Tensor contiguousCopy(Tensor tensor) {
    return tensor.type().layout() == Layout.CONTIGUOUS
        ? tensor.copy(Arena.ofAuto())
        : new Interpreter().evaluate(new Reorder(Layout.CONTIGUOUS), tensor);
  }
}
