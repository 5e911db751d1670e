package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import java.util.List;
import java.util.Optional;

/** A change to graphs that keeps what they compute. Passes are stateless; {@link PassDriver} applies them. */
public interface Pass {

  /** The name in logs: verb and object. */
  default String name() {
    return getClass().getSimpleName();
  }

  /** The next change to this graph, or empty where there is none left. */
  Optional<GraphPatch> next(PassContext context, Graph graph);

  /** Changes to this graph that may be made together: {@link GraphPatch#compose}. */
  default List<GraphPatch> sweep(PassContext context, Graph graph) {
    return next(context, graph).stream().toList();
  }
}
