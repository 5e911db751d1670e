package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Add;
import dev.slipway.operators.AveragePool;
import dev.slipway.operators.Conv;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.Gemm;
import dev.slipway.operators.GlobalAveragePool;
import dev.slipway.operators.MatMul;
import dev.slipway.operators.QuantizeLinear;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the parts of a quantised graph that pass bytes on to each other: between two of them are only floats, so that
 * each may compute on integers or not, whatever the others do.
 */
final class QuantizedIslands {
  private final Graph graph;
  private final Map<Node, Node> parents = new HashMap<>();
  private final Set<ValueId> walked = new HashSet<>();

  private QuantizedIslands(Graph graph) {
    this.graph = graph;
  }

  /** The islands, each in the order of the graph; none where nothing is quantised. */
  static List<List<Node>> of(Graph graph) {
    QuantizedIslands islands = new QuantizedIslands(graph);
    graph.nodes().forEach(islands::join);
    DynamicProducts.groups(graph).forEach(group -> group.forEach(node -> islands.unite(group.getFirst(), node)));
    Map<Node, List<Node>> byRoot = new LinkedHashMap<>();
    graph.nodes().stream()
        .filter(islands.parents::containsKey)
        .forEach(node -> byRoot.computeIfAbsent(islands.root(node), root -> new ArrayList<>()).add(node));
    return List.copyOf(byRoot.values());
  }

  /** Whether a node makes floats of bytes that are computed or come from outside. */
  static boolean isDequantized(Graph graph, ValueId value) {
    return graph.producer(value)
        .filter(node -> node.op() instanceof DequantizeLinear && graph.constant(node.input(0)).isEmpty())
        .isPresent();
  }

  private void join(Node node) {
    boolean quantizes = node.op() instanceof QuantizeLinear && graph.constant(node.input(0)).isEmpty();
    if (quantizes) {
      joinBehind(node, node.input(0));
    }
    if (quantizes || isDequantized(graph, node.output())) {
      node.outputs().forEach(id -> graph.consumers(id).forEach(reader -> unite(node, reader)));
    }
  }

  /** What computes a value that is quantised, back to the products that it comes from. */
  private void joinBehind(Node node, ValueId value) {
    if (graph.producer(value).isEmpty()) {
      return;
    }
    Node producer = graph.producer(value).get();
    boolean passesOn = producer.op() instanceof Elementwise || movesByConstants(producer);
    if (!passesOn && !isAnchor(producer)) {
      return;
    }
    unite(node, producer);
    if (passesOn && walked.add(value)) {
      producer.inputs().stream().filter(ValueId::isPresent).forEach(input -> joinBehind(producer, input));
    }
  }

  private boolean movesByConstants(Node node) {
    return QuantizedLowering.moves(node)
        && node.inputs().stream().skip(1).allMatch(id ->
            !id.isPresent() || graph.constant(id).isPresent() || isDequantized(graph, id));
  }

  private static boolean isAnchor(Node node) {
    return switch (node.op()) {
      case Conv _, MatMul _, Gemm _, GlobalAveragePool _, AveragePool _, Add _, DequantizeLinear _ -> true;
      default -> false;
    };
  }

  private void unite(Node a, Node b) {
    parents.putIfAbsent(a, a);
    parents.putIfAbsent(b, b);
    parents.put(root(a), root(b));
  }

  private Node root(Node node) {
    Node root = node;
    while (!parents.get(root).equals(root)) {
      root = parents.get(root);
    }
    return root;
  }
}
