package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Pointwise;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.TensorType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What of a graph is quantised. The activations of each layer are; where they come out of operators that only move
 * data, what goes into those is too, with the same scale, so that integers move. What is computed element by element
 * behind a layer (Relu, the sum of a residual block) stays between its accumulators and the next quantisation, and is
 * rounded once; of a sum of two layers' results the other side is quantised ({@link ResidualSums}).
 *
 * @param graph float32, simplified: batch normalisation is folded
 * @param layers what computes on integers, in topological order
 * @param groups values that are quantised; those of one group share a scale
 * @param kept what stays in floating point, and why
 */
public record QuantizationPlan(Graph graph, List<Layer> layers, List<Set<ValueId>> groups, List<KeptFloat> kept) {

  public QuantizationPlan {
    layers = List.copyOf(layers);
    groups = List.copyOf(groups);
    kept = List.copyOf(kept);
  }

  /**
   * Plans to quantise everything that can be, but for the layers of these names.
   *
   * @throws SlipwayException for a name that no layer has, with the nearest ones
   */
  public static QuantizationPlan of(Graph graph, Set<String> excluded) {
    LayerNames names = new LayerNames(weighted(graph));
    Set<String> floats = new LinkedHashSet<>();
    excluded.forEach(name -> floats.addAll(names.find(name)));
    return new Planner(graph, floats).plan();
  }

  /** The same plan for some of its layers only. */
  public QuantizationPlan only(Collection<String> names) {
    Set<String> excluded = new LinkedHashSet<>();
    layers.stream().map(Layer::name).filter(name -> !names.contains(name)).forEach(excluded::add);
    return new Planner(graph, excluded).plan();
  }

  /** The same plan without some of its layers. */
  public QuantizationPlan without(Collection<String> names) {
    return only(layers.stream().map(Layer::name).filter(name -> !names.contains(name)).toList());
  }

  /** All values that are quantised. */
  public Set<ValueId> values() {
    Set<ValueId> values = new LinkedHashSet<>();
    groups.forEach(values::addAll);
    return values;
  }

  /** The inputs whose elements a node moves unchanged; none where it computes. */
  static List<ValueId> moved(Graph graph, Node node) {
    if (node.op() instanceof Pointwise) {
      return List.of();
    }
    return switch (node.op().quantization()) {
      case QuantizationRule.PassThrough _ ->
          node.inputs().stream().limit(1).filter(id -> isFloat32(graph, id)).toList();
      case QuantizationRule.SameScale _ -> node.inputs().stream().filter(id -> isFloat32(graph, id)).toList();
      case QuantizationRule.Weighted _, QuantizationRule.Activation _, QuantizationRule.KeepFloat _ -> List.of();
    };
  }

  private static boolean isFloat32(Graph graph, ValueId id) {
    return id.isPresent() && graph.type(id) instanceof TensorType type && type.dtype() == DType.FLOAT32;
  }

  private static List<Node> weighted(Graph graph) {
    return graph.nodes().stream()
        .filter(node -> node.op().quantization() instanceof QuantizationRule.Weighted)
        .toList();
  }

  /** Marks what is quantised, from the layers backwards. */
  private static final class Planner {
    private final Graph graph;
    private final Set<String> excluded;
    private final List<Layer> layers = new ArrayList<>();
    private final List<KeptFloat> kept = new ArrayList<>();
    private final Map<ValueId, Set<ValueId>> groupOf = new LinkedHashMap<>();

    Planner(Graph graph, Set<String> excluded) {
      this.graph = graph;
      this.excluded = excluded;
    }

    QuantizationPlan plan() {
      for (Node node : graph.nodes()) {
        switch (node.op().quantization()) {
          case QuantizationRule.Weighted rule -> weighted(node, rule);
          case QuantizationRule.KeepFloat(String reason) -> keep(node, reason);
          case QuantizationRule.PassThrough _, QuantizationRule.SameScale _, QuantizationRule.Activation _ -> { }
        }
      }
      layers.forEach(layer -> mark(layer.input()));
      new ResidualSums(graph, layers, Set.copyOf(groupOf.keySet())).storedSides().forEach(this::mark);
      return new QuantizationPlan(graph, layers, List.copyOf(new LinkedHashSet<>(groupOf.values())), kept);
    }

    private void weighted(Node node, QuantizationRule.Weighted rule) {
      Optional<String> obstacle =
          excluded.contains(node.name()) ? Optional.of("it is excluded") : Layer.obstacle(graph, node, rule);
      if (obstacle.isPresent()) {
        keep(node, obstacle.get());
      } else {
        layers.add(Layer.of(graph, node, rule));
      }
    }

    private void keep(Node node, String reason) {
      kept.add(new KeptFloat(node.name(), node.op().schema().name(), reason));
    }

    private void mark(ValueId start) {
      Deque<ValueId> open = new ArrayDeque<>(List.of(start));
      while (!open.isEmpty()) {
        ValueId value = open.pop();
        if (groupOf.containsKey(value)) {
          continue;
        }
        Set<ValueId> own = new LinkedHashSet<>(List.of(value));
        groupOf.put(value, own);
        Optional<Node> producer = graph.producer(value);
        if (producer.isEmpty()) {
          continue;
        }
        List<ValueId> moved = moved(graph, producer.get());
        for (ValueId input : moved) {
          open.push(input);
        }
        if (moved.isEmpty()) {
          activated(producer.get()).ifPresent(open::push);
        }
      }
      unite();
    }

    /** What goes into and comes out of an operator that moves data shares a scale. */
    private void unite() {
      for (ValueId value : List.copyOf(groupOf.keySet())) {
        graph.producer(value).ifPresent(producer -> moved(graph, producer).stream()
            .filter(groupOf::containsKey)
            .forEach(input -> unite(value, input)));
      }
    }

    private void unite(ValueId a, ValueId b) {
      Set<ValueId> first = groupOf.get(a);
      Set<ValueId> second = groupOf.get(b);
      if (first != second) {
        first.addAll(second);
        second.forEach(value -> groupOf.put(value, first));
      }
    }

    /** The input of an activation function that stands behind moved data, and so behind no layer's accumulators. */
    private Optional<ValueId> activated(Node node) {
      boolean keepsScale = node.op() instanceof Pointwise
          && node.op().quantization() instanceof QuantizationRule.PassThrough;
      return Optional.of(node)
          .filter(_ -> keepsScale)
          .map(Node::inputs)
          .map(List::getFirst)
          .filter(input -> graph.producer(input).filter(producer -> !moved(graph, producer).isEmpty()).isPresent());
    }
  }
}
