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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Chooses the tactic of every node: from the timing cache, by measurement, or by the tactics' predictions. */
final class TacticSelection {
  private final Backend backend;
  private final BuildOptions options;
  private final TimingCache cache;
  private final Reasons reasons;
  private final Map<String, Plan.Choice> decided = new HashMap<>();
  private int measured;

  TacticSelection(Backend backend, BuildOptions options, TimingCache cache, Reasons reasons) {
    this.backend = backend;
    this.options = options;
    this.cache = cache;
    this.reasons = reasons;
  }

  /** The choice for each node that a tactic takes. */
  Map<String, Plan.Choice> select(Graph graph, ShapesAtOpt shapes) {
    Map<String, Plan.Choice> choices = new TreeMap<>();
    int done = 0;
    for (Node node : graph.nodes()) {
      Optional<KernelRequest> request = shapes.request(node, backend.device());
      if (request.isPresent()) {
        choose(node, request.get()).ifPresent(choice -> choices.put(node.name(), choice));
      } else {
        reasons.add(node.name(), "no kernel: its shapes depend on data, or it works on sequences");
      }
      done++;
      if (measured > 0 && done % 16 == 0) {
        options.progress().accept("tuning: " + done + " of " + graph.nodes().size() + " layers");
      }
    }
    return choices;
  }

  private Optional<Plan.Choice> choose(Node node, KernelRequest request) {
    List<Scored> supported = new ArrayList<>();
    for (Tactic tactic : backend.tactics()) {
      switch (tactic.supports(request)) {
        case Support.Supported(double micros) -> supported.add(new Scored(tactic, micros));
        case Support.Unsupported(String reason) -> reasons.add(node.name(), tactic.id().name() + ": " + reason);
      }
    }
    if (supported.isEmpty()) {
      return Optional.empty();
    }
    supported.sort(Comparator.comparingDouble(Scored::micros));
    List<KernelTimer.Candidate> candidates = candidates(request, supported);
    if (options.tuning() == BuildOptions.Tuning.OFF || candidates.size() == 1) {
      KernelTimer.Candidate first = candidates.getFirst();
      return Optional.of(new Plan.Choice(first.tactic().id(), first.choice(), Double.NaN));
    }
    String workload = Workload.key(request);
    return Optional.of(decided.computeIfAbsent(workload, key -> cached(key, candidates)
        .orElseGet(() -> measure(key, request, candidates))));
  }

  private record Scored(Tactic tactic, double micros) {}

  private List<KernelTimer.Candidate> candidates(KernelRequest request, List<Scored> supported) {
    boolean full = options.tuning() == BuildOptions.Tuning.FULL;
    List<KernelTimer.Candidate> candidates = new ArrayList<>();
    for (Scored scored : supported) {
      List<TuningChoice> choices = scored.tactic().choices(request);
      int most = full ? choices.size() : Math.min(choices.size(), 3);
      for (TuningChoice choice : choices.subList(0, most)) {
        candidates.add(new KernelTimer.Candidate(scored.tactic(), choice));
      }
    }
    return candidates;
  }

  /** A cached choice counts if it still is one of the candidates. */
  private Optional<Plan.Choice> cached(String workload, List<KernelTimer.Candidate> candidates) {
    return cache.find(workload).filter(choice -> candidates.stream()
        .anyMatch(candidate -> candidate.tactic().id().equals(choice.tactic())
            && candidate.choice().equals(choice.tuning())));
  }

  private Plan.Choice measure(String workload, KernelRequest request, List<KernelTimer.Candidate> candidates) {
    measured++;
    KernelTimer timer = options.tuning() == BuildOptions.Tuning.FULL
        ? new KernelTimer(31, 100_000_000, 2_000_000)
        : new KernelTimer(9, 10_000_000, 500_000);
    Plan.Choice fastest = timer.fastest(request, candidates);
    cache.put(workload, fastest);
    return fastest;
  }
}
