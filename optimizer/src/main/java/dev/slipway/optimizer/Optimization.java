package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a run of passes did.
 *
 * @param applied the changes, in order
 * @param refusals why nodes were left as they are
 * @param times the time that each pass took, by its name
 * @param converged false where the passes still found changes when the driver's limit of rounds or patches was met
 */
public record Optimization(
    Graph graph, List<AppliedPatch> applied, List<Refusal> refusals, Map<String, Duration> times, boolean converged) {

  public Optimization {
    applied = List.copyOf(applied);
    refusals = List.copyOf(refusals);
    times = Collections.unmodifiableMap(new LinkedHashMap<>(times));
  }

  /** How often each pass changed the graph, by its name, in the order of the first change. */
  public Map<String, Integer> counts() {
    Map<String, Integer> counts = new LinkedHashMap<>();
    applied.forEach(patch -> counts.merge(patch.pass(), 1, Integer::sum));
    return counts;
  }

  /** This run followed by another on its result. */
  public Optimization then(Optimization next) {
    List<AppliedPatch> allApplied = new ArrayList<>(applied);
    allApplied.addAll(next.applied);
    List<Refusal> allRefusals = new ArrayList<>(refusals);
    allRefusals.addAll(next.refusals);
    Map<String, Duration> allTimes = new LinkedHashMap<>(times);
    next.times.forEach((pass, time) -> allTimes.merge(pass, time, Duration::plus));
    return new Optimization(next.graph, allApplied, allRefusals, allTimes, converged && next.converged);
  }
}
