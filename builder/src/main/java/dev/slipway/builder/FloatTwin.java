package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.QuantizeLinear;
import java.util.Optional;
import java.util.Set;

/**
 * Lets nodes of a quantised graph compute in float32: they read the values that were quantised for them, as they were
 * before, and products whose activations are quantised while they run become products of floats. Weights stay those of
 * the integers, dequantised.
 */
final class FloatTwin {
  private final Graph graph;

  private FloatTwin(Graph graph) {
    this.graph = graph;
  }

  /**
   * The graph with these nodes in float32. Where a DequantizeLinear is among them, all its readers get the floats;
   * where a reader is, only that one does.
   */
  static Graph of(Graph quantized, Set<String> nodes) {
    Graph graph = DynamicProducts.floats(quantized, nodes);
    FloatTwin twin = new FloatTwin(graph);
    GraphCopy copy = new GraphCopy(graph);
    for (Node node : graph.nodes()) {
      if (nodes.contains(node.name()) && twin.source(node).isPresent()) {
        copy.replace(node.output(), copy.of(twin.exact(node.output())));
      } else if (nodes.contains(node.name())) {
        copy.add(node.name(), node.op(), node.inputs().stream().map(twin::exact).toList(), node.outputs());
      } else {
        copy.add(node.name(), node.op(), node.inputs(), node.outputs());
      }
    }
    return copy.build().withoutDeadCode();
  }

  /** A value as it was before it was quantised. */
  private ValueId exact(ValueId value) {
    Optional<ValueId> source = graph.producer(value).flatMap(this::source);
    return source.map(this::exact).orElse(value);
  }

  /** What a DequantizeLinear gives back but for rounding. */
  private Optional<ValueId> source(Node node) {
    return Optional.of(node)
        .filter(each -> each.op() instanceof DequantizeLinear)
        .flatMap(each -> graph.producer(each.input(0)))
        .filter(each -> each.op() instanceof QuantizeLinear)
        .map(each -> each.input(0))
        .filter(id -> graph.type(id).equals(graph.type(node.output())));
  }
}
