package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Tensor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** Runs a graph and gives values inside of it. For one thread at a time. */
final class Taps implements AutoCloseable {
  private final Graph graph;
  private final Map<String, ValueId> computed = new LinkedHashMap<>();
  private final Map<String, ValueId> given = new LinkedHashMap<>();
  private final GraphExecution execution;

  /** Opens an execution that computes these values and nothing else. */
  Taps(GraphExecutor executor, Graph graph, Collection<ValueId> values) {
    this.graph = graph;
    for (ValueId id : values) {
      Map<String, ValueId> kind = graph.producer(id).isPresent() ? computed : given;
      kind.put(graph.value(id).name(), id);
    }
    this.execution = computed.isEmpty() ? inputs -> Map.of() : executor.open(graph.withOutputs(computed));
  }

  /** The values for a sample, valid until the next run. Inputs and constants of the graph may be among them. */
  Map<ValueId, Tensor> run(Map<String, Tensor> sample) {
    Map<String, Tensor> outputs = execution.run(sample);
    Map<ValueId, Tensor> values = new LinkedHashMap<>();
    given.forEach((name, id) -> values.put(id, graph.constant(id).orElseGet(() -> sample.get(name))));
    computed.forEach((name, id) -> values.put(id, outputs.get(name)));
    return values;
  }

  @Override
  public void close() {
    execution.close();
  }
}
