package dev.slipway.cli;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.operators.Fused;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** How often each operator occurs. */
final class OperatorCounts {
  private OperatorCounts() {}

  /** By name, subgraphs not counted. */
  static Map<String, Integer> of(Graph graph) {
    Map<String, Integer> counts = new TreeMap<>();
    graph.nodes().forEach(node -> counts.merge(name(node.op()), 1, Integer::sum));
    return counts;
  }

  /** The operator, a fused group as the operators in it. */
  static String name(Op op) {
    return op instanceof Fused(Graph body)
        ? body.nodes().stream().map(Node::op).map(OperatorCounts::name).collect(Collectors.joining("+"))
        : op.schema().name();
  }
}
