package dev.slipway.optimizer;

import java.util.Set;

/**
 * A change that was made.
 *
 * @param graph the name of the graph or subgraph
 * @param removed the names of the nodes that went
 */
public record AppliedPatch(String pass, String graph, String reason, Set<String> removed) {
  public AppliedPatch {
    removed = Set.copyOf(removed);
  }

  @Override
  public String toString() {
    return pass + ": " + reason;
  }
}
