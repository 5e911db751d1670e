package dev.slipway.conformance;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The part of a graph that leads to one node, which finds the layer that fails. */
final class GraphPrefix {
  private GraphPrefix() {}

  /** What the first output of a node needs, with that as the only output; all inputs stay. */
  static Graph upTo(Graph graph, Node last) {
    Set<ValueId> needed = new HashSet<>(List.of(last.output(0)));
    List<Node> nodes = new ArrayList<>();
    for (Node node : graph.nodes().reversed()) {
      if (node.outputs().stream().anyMatch(needed::contains)) {
        needed.addAll(node.inputs());
        nodes.addFirst(node);
      }
    }
    GraphBuilder builder = new GraphBuilder(graph.name());
    Map<ValueId, ValueId> ids = new HashMap<>(Map.of(ValueId.ABSENT, ValueId.ABSENT));
    graph.inputs().forEach(id -> ids.put(id, builder.input(graph.value(id).name(), graph.type(id))));
    graph.constants().forEach((id, tensor) -> {
      if (needed.contains(id)) {
        ids.put(id, builder.constant(graph.value(id).name(), tensor));
      }
    });
    for (Node node : nodes) {
      List<String> names = node.outputs().stream().map(id -> id.isPresent() ? graph.value(id).name() : "").toList();
      List<ValueId> made = builder.add(node.name(), node.op(), node.inputs().stream().map(ids::get).toList(), names);
      for (int i = 0; i < made.size(); i++) {
        ids.put(node.output(i), made.get(i));
      }
    }
    return builder.output("prefix", ids.get(last.output(0))).build();
  }
}
