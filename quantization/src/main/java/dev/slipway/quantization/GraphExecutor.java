package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Interpreter;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes graphs runnable; the caller closes what it gets. */
@FunctionalInterface
public interface GraphExecutor {

  GraphExecution open(Graph graph);

  /** Runs graphs by the naive evaluation of their operators: slow. */
  static GraphExecutor reference() {
    return graph -> inputs -> interpret(graph, inputs);
  }

  private static Map<String, Tensor> interpret(Graph graph, Map<String, Tensor> inputs) {
    List<Datum> arguments = graph.inputs().stream().<Datum>map(id -> inputs.get(graph.value(id).name())).toList();
    List<Datum> results = new Interpreter().run(graph, arguments);
    List<String> names = List.copyOf(graph.outputs().keySet());
    Map<String, Tensor> outputs = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      if (!(results.get(i) instanceof Tensor tensor)) {
        throw new SlipwayException("output " + names.get(i) + ": " + results.get(i).type() + " (expected: a tensor)");
      }
      outputs.put(names.get(i), tensor);
    }
    return outputs;
  }
}
