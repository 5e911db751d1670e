package dev.slipway.builder;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Plan;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Conv;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.Gemm;
import dev.slipway.operators.MatMul;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Decides by measurement what of a quantised graph computes on integers and what in float32. Each island is timed both
 * ways, then each layer of those that stay on integers, with the conversions that it takes; at last the model on
 * integers, in float32 and mixed. The fastest of these three is taken.
 */
final class PrecisionSearch {
  private final Graph graph;
  private final Map<String, Shape> opt;
  private final ShapesAtOpt shapes;
  private final Plans plans;
  private final PlanTimer timer;
  private final Reasons reasons;
  private final Consumer<String> progress;
  private final Set<String> floats = new TreeSet<>();
  private final Map<String, double[]> known = new HashMap<>();

  /** Makes plans. */
  interface Plans {

    /**
     * A plan of a graph.
     *
     * @param integers whether what is quantised computes on integers
     */
    Plan of(Graph graph, boolean integers);
  }

  /** @param opt shapes of inputs that are dynamic, at which the graph is timed */
  PrecisionSearch(
      Graph graph,
      Map<String, Shape> opt,
      Backend backend,
      Plans plans,
      InterleavedTimer.Effort effort,
      Reasons reasons,
      Consumer<String> progress) {
    this.graph = graph;
    this.opt = opt;
    this.shapes = ShapesAtOpt.of(graph, opt);
    this.plans = plans;
    this.timer = new PlanTimer(backend, effort);
    this.reasons = reasons;
    this.progress = progress;
  }

  /** The graph with those nodes in float32 that are faster so; itself where nothing is quantised. */
  Graph fastest() {
    List<List<Node>> islands = QuantizedIslands.of(graph);
    if (islands.isEmpty()) {
      progress.accept("precision: nothing is quantised (slipway quantize makes a model that is)");
      return graph;
    }
    for (int i = 0; i < islands.size(); i++) {
      progress.accept("precision: " + i + " of " + islands.size() + " islands");
      decide(islands.get(i));
    }
    Set<String> all = new TreeSet<>();
    islands.forEach(island -> all.addAll(names(island)));
    List<Graph> candidates = new ArrayList<>(List.of(graph, FloatTwin.of(graph, all)));
    List<String> called = new ArrayList<>(List.of("on integers", "in float32"));
    if (!floats.isEmpty() && !floats.equals(all)) {
      candidates.add(FloatTwin.of(graph, floats));
      called.add("mixed");
    }
    double[] micros = timer.thorough().micros(
        candidates.stream().map(candidate -> plans.of(candidate, true)).toList(), opt);
    int best = fastest(micros);
    String text = "precision: the whole model runs " + called.get(best) + text(called, micros);
    progress.accept(text);
    islands.forEach(island -> island.forEach(node -> reasons.add(node.name(), text)));
    return candidates.get(best);
  }

  private void decide(List<Node> island) {
    Optional<Graph> region = GraphRegion.of(graph, shapes, island);
    if (region.isEmpty()) {
      island.forEach(node -> reasons.add(node.name(), "precision: not timed, its shapes depend on data"));
      return;
    }
    double[] micros = known.computeIfAbsent(workload(region.get()), key -> timer.micros(
        List.of(plans.of(region.get(), true), plans.of(FloatTwin.of(region.get(), names(island)), true)), Map.of()));
    boolean isFloat = micros[1] < micros[0];
    island.forEach(node -> reasons.add(node.name(), comparison("its island of " + island.size() + " nodes", micros)));
    if (isFloat) {
      floats.addAll(names(island));
    } else {
      island.stream().filter(this::isLayer).forEach(this::decideLayer);
    }
  }

  /** Times a layer from bytes to bytes, where it has these. */
  private void decideLayer(Node layer) {
    Optional<Graph> region = GraphRegion.of(graph, shapes, withFollowers(layer));
    if (region.isEmpty()) {
      return;
    }
    double[] micros = known.computeIfAbsent(workload(region.get()), key ->
        timer.micros(List.of(plans.of(region.get(), true), plans.of(region.get(), false)), Map.of()));
    reasons.add(layer.name(), comparison("it with its conversions", micros));
    if (micros[1] < micros[0]) {
      floats.add(layer.name());
    }
  }

  private boolean isLayer(Node node) {
    return switch (node.op()) {
      case Conv _, MatMul _, Gemm _ -> QuantizedIslands.isDequantized(graph, node.input(0));
      default -> false;
    };
  }

  /** A layer with what makes its floats, what is computed of its results alone, and their quantisation. */
  private Set<Node> withFollowers(Node layer) {
    Set<Node> nodes = new LinkedHashSet<>(List.of(layer));
    Optional<Node> next = graph.soleConsumer(layer.output());
    while (next.isPresent() && (next.get().op() instanceof Elementwise || next.get().op() instanceof QuantizeLinear)) {
      nodes.add(next.get());
      next = next.get().op() instanceof QuantizeLinear
          ? Optional.empty()
          : graph.soleConsumer(next.get().output());
    }
    for (Node node : List.copyOf(nodes)) {
      node.inputs().stream()
          .filter(id -> QuantizedIslands.isDequantized(graph, id))
          .forEach(id -> nodes.add(graph.producer(id).orElseThrow()));
    }
    return nodes;
  }

  /** What tells whether two parts take the same time: operators and types, no names. */
  private static String workload(Graph region) {
    StringBuilder text = new StringBuilder();
    for (Node node : region.nodes()) {
      text.append(node.op());
      node.inputs().stream().filter(ValueId::isPresent).forEach(id -> text.append(' ').append(region.type(id)));
      text.append('\n');
    }
    return text.toString();
  }

  private static Set<String> names(List<Node> nodes) {
    Set<String> names = new TreeSet<>();
    nodes.forEach(node -> names.add(node.name()));
    return names;
  }

  private static int fastest(double[] micros) {
    int best = 0;
    for (int i = 1; i < micros.length; i++) {
      best = micros[i] < micros[best] ? i : best;
    }
    return best;
  }

  private static String comparison(String what, double[] micros) {
    return String.format(Locale.ROOT, "precision: %s takes %.1f us on integers and %.1f us in float32", what, micros[0],
        micros[1]);
  }

  private static String text(List<String> called, double[] micros) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < micros.length; i++) {
      text.append(String.format(Locale.ROOT, "%s %.1f us %s", i == 0 ? ":" : ",", micros[i], called.get(i)));
    }
    return text.toString();
  }
}
