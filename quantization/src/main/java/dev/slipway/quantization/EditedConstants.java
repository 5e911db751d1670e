package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** Float constants of a graph in arrays that may be changed. */
final class EditedConstants {
  private final Graph graph;
  private final Map<ValueId, float[]> edited = new LinkedHashMap<>();

  EditedConstants(Graph graph) {
    this.graph = graph;
  }

  /** The elements of a constant; changes of the array become changes of the graph. */
  float[] of(ValueId id) {
    return edited.computeIfAbsent(id, key -> graph.constant(key).orElseThrow().toFloats());
  }

  /** The graph with the changed constants. */
  Graph graph(String reason) {
    if (edited.isEmpty()) {
      return graph;
    }
    GraphPatch.Builder patch = GraphPatch.on(graph, reason);
    edited.forEach((id, values) -> {
      long[] dims = graph.constant(id).orElseThrow().dims();
      patch.replace(id, patch.constant(graph.value(id).name(), Tensor.of(values, dims)));
    });
    return graph.apply(patch.build());
  }
}
