package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.tensor.TensorType;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A part of a graph as a graph of its own, whose inputs and outputs are the values at its border. */
final class GraphRegion {
  private final Graph graph;
  private final ShapesAtOpt shapes;
  private final Set<Node> inside;
  private final GraphBuilder builder;
  private final Map<ValueId, ValueId> renamed = new HashMap<>();

  private GraphRegion(Graph graph, ShapesAtOpt shapes, Collection<Node> nodes) {
    this.graph = graph;
    this.shapes = shapes;
    this.inside = new HashSet<>(nodes);
    this.builder = new GraphBuilder(graph.name());
    nodes.forEach(node -> node.inputs().forEach(id ->
        graph.producer(id).filter(this::isDequantizedConstant).ifPresent(inside::add)));
  }

  /** The part at fixed shapes; empty where a value at its border is no tensor or its shape depends on data. */
  static Optional<Graph> of(Graph graph, ShapesAtOpt shapes, Collection<Node> nodes) {
    return new GraphRegion(graph, shapes, nodes).build();
  }

  private boolean isDequantizedConstant(Node node) {
    return node.op() instanceof DequantizeLinear && graph.constant(node.input(0)).isPresent();
  }

  private Optional<Graph> build() {
    renamed.put(ValueId.ABSENT, ValueId.ABSENT);
    for (Node node : graph.nodes()) {
      if (inside.contains(node) && !add(node)) {
        return Optional.empty();
      }
    }
    graph.nodes().stream().filter(inside::contains).flatMap(node -> node.outputs().stream())
        .filter(this::isReadOutside)
        .forEach(id -> builder.output(graph.value(id).name(), renamed.get(id)));
    return Optional.of(builder.build());
  }

  private boolean add(Node node) {
    for (ValueId id : node.inputs()) {
      if (!renamed.containsKey(id) && !addInput(id)) {
        return false;
      }
    }
    List<String> names =
        node.outputs().stream().map(id -> id.isPresent() ? graph.value(id).name() : "").toList();
    List<ValueId> made =
        builder.add(node.name(), node.op(), node.inputs().stream().map(renamed::get).toList(), names);
    for (int i = 0; i < made.size(); i++) {
      renamed.put(node.output(i), made.get(i));
    }
    return true;
  }

  private boolean addInput(ValueId id) {
    String name = graph.value(id).name();
    if (graph.constant(id).isPresent()) {
      renamed.put(id, builder.constant(name, graph.constant(id).get()));
      return true;
    }
    Optional<TensorType> type = shapes.type(id);
    type.ifPresent(known -> renamed.put(id, builder.input(name, known)));
    return type.isPresent();
  }

  private boolean isReadOutside(ValueId id) {
    return id.isPresent() && (graph.isOutput(id) || !inside.containsAll(graph.consumers(id)));
  }
}
