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
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Chooses the tactic of every node: from the timing cache, by measurement, or by the tactics' predictions.
 *
 * <p>What is measured to be faster than the best prediction is measured once more, after all other layers, and the
 * worse of both times counts: the least of many noisy times is rather a lucky than a good one, and some units of a
 * processor are shared with others, who leave them alone for seconds.
 */
final class TacticSelection {
  /** Choices of each tactic that are measured where not all are. */
  private static final int FEW_CHOICES = 3;

  /** Among candidates that are as fast within this share the better predicted one is taken. */
  private static final double TIE = 1.03;

  /** Who took so many times as long as the fastest does not take part in the second round. */
  private static final double BEATEN = 1.1;

  private final Backend backend;
  private final BuildOptions.Tuning tuning;
  private final boolean rounded;
  private final TimingCache cache;
  private final KernelTimer timer;
  private final Reasons reasons;
  private final List<LayerTiming> timings = new ArrayList<>();

  TacticSelection(
      Backend backend, BuildOptions.Tuning tuning, TimingCache cache, KernelTimer timer, Reasons reasons) {
    this(backend, tuning, false, cache, timer, reasons);
  }

  /** @param rounded whether choices may round factors of float32 */
  TacticSelection(
      Backend backend,
      BuildOptions.Tuning tuning,
      boolean rounded,
      TimingCache cache,
      KernelTimer timer,
      Reasons reasons) {
    this.rounded = rounded;
    this.backend = backend;
    this.tuning = tuning;
    this.cache = cache;
    this.timer = timer;
    this.reasons = reasons;
  }

  /** A node whose tactic times decide, and its candidates, best predicted first. */
  private record Contest(Node node, KernelRequest request, List<KernelTimer.Candidate> candidates) {}

  /**
   * The choice for each node that a tactic takes.
   *
   * @param chosen runs after each node
   */
  Map<String, Plan.Choice> select(Graph graph, ShapesAtOpt shapes, Runnable chosen) {
    Map<String, Plan.Choice> choices = new TreeMap<>();
    List<Contest> all = contests(graph, shapes);
    List<Contest> contests = all.stream().filter(contest -> !isDecided(contest.candidates())).toList();
    prepare(contests);
    Set<String> measuredOnce = new HashSet<>();
    for (Contest contest : all) {
      if (!isDecided(contest.candidates())) {
        measure(contest, measuredOnce);
      } else if (!contest.candidates().isEmpty()) {
        choices.put(contest.node().name(), choice(contest.candidates().getFirst(), Double.NaN));
      }
      chosen.run();
    }
    for (Contest contest : contests) {
      if (measuredOnce.remove(Workload.key(contest.request())) && timer.isNoisy()) {
        measureAgain(contest);
      }
      choices.put(contest.node().name(), winner(contest, tell(contest)));
    }
    return choices;
  }

  /** One for each node that a kernel could compute; asked for by several threads at once, as libraries take long. */
  private List<Contest> contests(Graph graph, ShapesAtOpt shapes) {
    List<Optional<Contest>> found = graph.nodes().parallelStream()
        .map(node -> shapes.request(node, backend.device())
            .map(request -> new Contest(node, request, candidates(request))))
        .toList();
    List<Contest> contests = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      String node = graph.nodes().get(i).name();
      if (found.get(i).isEmpty()) {
        reasons.add(node, "no kernel: its shapes depend on data, or it works on sequences");
      } else {
        refusals(found.get(i).get().request()).forEach(reason -> reasons.add(node, reason));
        contests.add(found.get(i).get());
      }
    }
    return contests;
  }

  /** Has a device's compilers and libraries make all that will be measured, several at once. */
  private void prepare(List<Contest> contests) {
    Map<String, Contest> unknown = new LinkedHashMap<>();
    for (Contest contest : contests) {
      if (known(contest).size() < contest.candidates().size()) {
        unknown.putIfAbsent(Workload.key(contest.request()), contest);
      }
    }
    timer.prepare(unknown.values().stream()
        .flatMap(contest -> contest.candidates().stream()
            .map(candidate -> new KernelTimer.Entry(contest.request(), candidate)))
        .toList());
  }

  /** All candidates that were measured or found in the cache, node by node. */
  List<LayerTiming> timings() {
    return timings;
  }

  private boolean isDecided(List<KernelTimer.Candidate> candidates) {
    return tuning == BuildOptions.Tuning.OFF
        || candidates.isEmpty()
        || candidates.size() == 1 && tuning == BuildOptions.Tuning.FAST;
  }

  private static Plan.Choice choice(KernelTimer.Candidate candidate, double micros) {
    return new Plan.Choice(candidate.tactic().id(), candidate.choice(), micros);
  }

  /** Best predicted first. */
  private List<KernelTimer.Candidate> candidates(KernelRequest request) {
    List<KernelTimer.Candidate> candidates = new ArrayList<>();
    for (Tactic tactic : backend.tactics()) {
      if (tactic.supports(request) instanceof Support.Supported(double micros)) {
        for (TuningChoice choice : choices(tactic, request)) {
          candidates.add(new KernelTimer.Candidate(tactic, choice, micros));
        }
      }
    }
    candidates.sort(Comparator.comparingDouble(KernelTimer.Candidate::predictedMicros));
    return candidates;
  }

  private List<String> refusals(KernelRequest request) {
    List<String> refusals = new ArrayList<>();
    for (Tactic tactic : backend.tactics()) {
      if (tactic.supports(request) instanceof Support.Unsupported(String reason)) {
        refusals.add(tactic.id().name() + ": " + reason);
      }
    }
    return refusals;
  }

  private List<TuningChoice> choices(Tactic tactic, KernelRequest request) {
    List<TuningChoice> choices = new ArrayList<>(rounded ? worthMeasuring(tactic.roundedChoices(request)) : List.of());
    if (tuning != BuildOptions.Tuning.OFF || choices.isEmpty()) {
      choices.addAll(worthMeasuring(tactic.choices(request)));
    }
    return choices;
  }

  private List<TuningChoice> worthMeasuring(List<TuningChoice> choices) {
    int most = switch (tuning) {
      case OFF -> 1;
      case FAST -> FEW_CHOICES;
      case FULL -> choices.size();
    };
    return choices.subList(0, Math.min(choices.size(), most));
  }

  /** Has the cache know the times of all candidates; they are measured together unless it knows them all. */
  private void measure(Contest contest, Set<String> measured) {
    if (known(contest).size() < contest.candidates().size()) {
      String workload = Workload.key(contest.request());
      cache.put(workload, timer.measure(contest.request(), contest.candidates()));
      measured.add(workload);
    }
  }

  /** The second round, where the best prediction has lost the first. */
  private void measureAgain(Contest contest) {
    List<Plan.Choice> times = new ArrayList<>(known(contest));
    Plan.Choice winner = winner(contest, times);
    double most = winner.micros() * BEATEN;
    if (winner.equals(times.getFirst())) {
      return;
    }
    List<Integer> round =
        IntStream.range(0, times.size()).filter(i -> i == 0 || times.get(i).micros() <= most).boxed().toList();
    List<Plan.Choice> again =
        timer.measure(contest.request(), round.stream().map(contest.candidates()::get).toList());
    for (int i = 0; i < again.size(); i++) {
      KernelTimer.Candidate candidate = contest.candidates().get(round.get(i));
      double worse = Math.max(times.get(round.get(i)).micros(), again.get(i).micros());
      times.set(round.get(i), choice(candidate, worse));
    }
    cache.put(Workload.key(contest.request()), times);
  }

  /** What the cache knows of the candidates, in their order. */
  private List<Plan.Choice> known(Contest contest) {
    List<Plan.Choice> timings = cache.find(Workload.key(contest.request()));
    return contest.candidates().stream()
        .flatMap(candidate -> timings.stream()
            .filter(timing -> timing.tactic().equals(candidate.tactic().id())
                && timing.tuning().equals(candidate.choice()))
            .limit(1))
        .toList();
  }

  /** The times of all candidates, which go to {@link #timings} too. */
  private List<Plan.Choice> tell(Contest contest) {
    List<Plan.Choice> times = known(contest);
    for (int i = 0; i < times.size(); i++) {
      Plan.Choice time = times.get(i);
      double predicted = contest.candidates().get(i).predictedMicros();
      timings.add(new LayerTiming(contest.node().name(), time.tactic(), time.tuning(), predicted, time.micros()));
    }
    return times;
  }

  /** Who is the fastest beside its handicap. */
  private static Plan.Choice winner(Contest contest, List<Plan.Choice> times) {
    double[] scores = IntStream.range(0, times.size())
        .mapToDouble(i -> times.get(i).micros() * contest.candidates().get(i).tactic().handicap())
        .toArray();
    double most = Arrays.stream(scores).min().orElseThrow() * TIE;
    return times.get(IntStream.range(0, scores.length).filter(i -> scores[i] <= most).findFirst().orElseThrow());
  }
}
