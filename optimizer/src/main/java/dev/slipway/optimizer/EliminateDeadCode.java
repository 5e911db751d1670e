package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import java.util.Optional;

/** Drops nodes and constants that no output needs. */
public final class EliminateDeadCode implements Pass {
  @Override
  public Optional<GraphPatch> next(PassContext context, Graph graph) {
    Graph live = graph.withoutDeadCode();
    if (live == graph) {
      return Optional.empty();
    }
    int nodes = graph.nodes().size() - live.nodes().size();
    int constants = graph.constants().size() - live.constants().size();
    String reason = "dropped " + nodes + " nodes and " + constants + " constants: no output needs them";
    return Optional.of(GraphPatch.on(graph, reason).build());
  }
}
