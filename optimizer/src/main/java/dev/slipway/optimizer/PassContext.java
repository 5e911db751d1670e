package dev.slipway.optimizer;

import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Where a pass says why it left a node as it is. Not thread-safe. */
public final class PassContext {
  private final String pass;
  private final Map<String, Refusal> refusals = new LinkedHashMap<>();

  PassContext(String pass) {
    this.pass = pass;
  }

  /** A context for calling a pass directly. */
  public static PassContext of(Pass pass) {
    return new PassContext(pass.name());
  }

  /**
   * Records why a node that the pass could have changed stays as it is.
   *
   * @return empty, so that a rule can end with it
   */
  public Optional<GraphPatch> refuse(Node node, String reason) {
    refusals.put(node.name(), new Refusal(pass, node.name(), reason));
    return Optional.empty();
  }

  /** What was refused, the last reason for each node. */
  public Collection<Refusal> refusals() {
    return refusals.values();
  }
}
