package dev.slipway.builder;

import dev.slipway.backend.Backend;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.Plan;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Chooses the tactic of every node: from the timing cache, by measurement, or by the tactics' predictions. */
final class TacticSelection {
  /** Choices of each tactic that are measured where not all are. */
  private static final int FEW_CHOICES = 3;

  /** Among candidates that are as fast within this share the better predicted one is taken. */
  private static final double TIE = 1.01;

  private final Backend backend;
  private final BuildOptions.Tuning tuning;
  private final TimingCache cache;
  private final KernelTimer timer;
  private final Reasons reasons;
  private final List<LayerTiming> timings = new ArrayList<>();

  TacticSelection(
      Backend backend, BuildOptions.Tuning tuning, TimingCache cache, KernelTimer timer, Reasons reasons) {
    this.backend = backend;
    this.tuning = tuning;
    this.cache = cache;
    this.timer = timer;
    this.reasons = reasons;
  }

  /**
   * The choice for each node that a tactic takes.
   *
   * @param chosen runs after each node
   */
  Map<String, Plan.Choice> select(Graph graph, ShapesAtOpt shapes, Runnable chosen) {
    Map<String, Plan.Choice> choices = new TreeMap<>();
    for (Node node : graph.nodes()) {
      Optional<KernelRequest> request = shapes.request(node, backend.device());
      if (request.isPresent()) {
        choose(node, request.get()).ifPresent(choice -> choices.put(node.name(), choice));
      } else {
        reasons.add(node.name(), "no kernel: its shapes depend on data, or it works on sequences");
      }
      chosen.run();
    }
    return choices;
  }

  /** All candidates that were measured or found in the cache, node by node. */
  List<LayerTiming> timings() {
    return timings;
  }

  private Optional<Plan.Choice> choose(Node node, KernelRequest request) {
    List<KernelTimer.Candidate> candidates = candidates(node, request);
    if (candidates.isEmpty()) {
      return Optional.empty();
    }
    boolean isDecided = candidates.size() == 1 && tuning == BuildOptions.Tuning.FAST;
    if (tuning == BuildOptions.Tuning.OFF || isDecided) {
      KernelTimer.Candidate first = candidates.getFirst();
      return Optional.of(new Plan.Choice(first.tactic().id(), first.choice(), Double.NaN));
    }
    List<Plan.Choice> measured = measured(request, candidates);
    for (int i = 0; i < measured.size(); i++) {
      Plan.Choice timing = measured.get(i);
      timings.add(new LayerTiming(
          node.name(), timing.tactic(), timing.tuning(), candidates.get(i).predictedMicros(), timing.micros()));
    }
    return Optional.of(fastest(measured));
  }

  /** Best predicted first. */
  private List<KernelTimer.Candidate> candidates(Node node, KernelRequest request) {
    List<KernelTimer.Candidate> candidates = new ArrayList<>();
    for (Tactic tactic : backend.tactics()) {
      switch (tactic.supports(request)) {
        case Support.Supported(double micros) -> {
          for (TuningChoice choice : choices(tactic, request)) {
            candidates.add(new KernelTimer.Candidate(tactic, choice, micros));
          }
        }
        case Support.Unsupported(String reason) -> reasons.add(node.name(), tactic.id().name() + ": " + reason);
      }
    }
    candidates.sort(Comparator.comparingDouble(KernelTimer.Candidate::predictedMicros));
    return candidates;
  }

  private List<TuningChoice> choices(Tactic tactic, KernelRequest request) {
    List<TuningChoice> choices = tactic.choices(request);
    return switch (tuning) {
      case OFF -> choices.subList(0, 1);
      case FAST -> choices.subList(0, Math.min(choices.size(), FEW_CHOICES));
      case FULL -> choices;
    };
  }

  /** The times of all candidates in their order, measured together unless the cache has them all. */
  private List<Plan.Choice> measured(KernelRequest request, List<KernelTimer.Candidate> candidates) {
    String workload = Workload.key(request);
    List<Plan.Choice> known = new ArrayList<>();
    for (KernelTimer.Candidate candidate : candidates) {
      cache.find(workload).stream()
          .filter(timing -> timing.tactic().equals(candidate.tactic().id())
              && timing.tuning().equals(candidate.choice()))
          .findFirst()
          .ifPresent(known::add);
    }
    if (known.size() == candidates.size()) {
      return known;
    }
    List<Plan.Choice> timings = timer.measure(request, candidates);
    cache.put(workload, timings);
    return timings;
  }

  private static Plan.Choice fastest(List<Plan.Choice> timings) {
    double least = timings.stream().mapToDouble(Plan.Choice::micros).min().orElseThrow();
    return timings.stream().filter(timing -> timing.micros() <= least * TIE).findFirst().orElseThrow();
  }
}
