package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Looks for a quantised model that loses no more accuracy than allowed, by a ladder: calibrators, then repairs, then
 * more and more layers in floating point, those first that remove most noise for what they cost. Every rung is measured
 * as it would run.
 */
public final class BudgetSearch {
  /** Samples on which the outputs of whole models are compared. */
  private static final int COMPARED_SAMPLES = 4;

  private final QuantizationOptions options;
  private final GraphExecutor executor;
  private final AccuracyMeasure measure;
  private final double budget;
  private final boolean wholeFront;
  private final Consumer<Attempt> listener;

  /**
   * A search.
   *
   * @param executor runs the models whose accuracy and latency are measured
   * @param budget accuracy that may be lost, in the measure's unit: 0.005 is half a point of a fraction
   * @param wholeFront whether all rungs with layers in floating point are measured, even where the budget is met
   * @param listener is told of each attempt, the float model first
   */
  public BudgetSearch(
      QuantizationOptions options,
      GraphExecutor executor,
      AccuracyMeasure measure,
      double budget,
      boolean wholeFront,
      Consumer<Attempt> listener) {
    if (!(budget >= 0) || budget == Double.POSITIVE_INFINITY) {
      throw new SlipwayException("accuracy budget: " + budget + " (expected: >= 0)");
    }
    this.options = options;
    this.executor = executor;
    this.measure = measure;
    this.budget = budget;
    this.wholeFront = wholeFront;
    this.listener = listener;
  }

  /** Climbs the ladder until a rung meets the budget. */
  public BudgetResult search(Graph model, CalibrationData data) {
    try (Climb climb = new Climb(model, data)) {
      return climb.toEnd();
    }
  }

  /** One climb. */
  private final class Climb implements AutoCloseable {
    private final Graph original;
    private final CalibrationData data;
    private final Map<String, Tensor> first;
    private final GraphExecution exact;
    private final Attempt reference;
    private final Map<Attempt, QuantizedModel> models = new LinkedHashMap<>();
    private final Map<Attempt, Calibrator> calibratorOf = new HashMap<>();
    private final Map<Attempt, Double> signalToNoise = new HashMap<>();

    Climb(Graph original, CalibrationData data) {
      this.original = original;
      this.data = data;
      var samples = data.iterator();
      if (!samples.hasNext()) {
        throw new SlipwayException("calibration data: no samples (expected: at least 1, better 100)");
      }
      this.first = CalibrationData.copy(samples.next());
      options.progress().accept("measuring float32");
      this.exact = executor.open(original);
      this.reference = new Attempt("float32", measure.of(exact), Stopwatch.millis(exact, first), List.of(), 0);
      listener.accept(reference);
    }

    @Override
    public void close() {
      exact.close();
    }

    BudgetResult toEnd() {
      for (Calibrator each : calibrators()) {
        calibratorOf.put(tryOptions(each.name(), options.withCalibrator(each).withRepairs(Set.of())), each);
        if (isDone()) {
          return result();
        }
      }
      Calibrator cleanest = calibratorOf.get(cleanest());
      Set<Repair> repairs = options.repairs().isEmpty() ? EnumSet.allOf(Repair.class) : options.repairs();
      tryOptions(cleanest.name() + " with repairs", options.withCalibrator(cleanest).withRepairs(repairs));
      if (!isDone()) {
        freeLayers(cleanest());
      }
      return result();
    }

    /**
     * The attempt of most signal to noise at the outputs, which tells more of what noise is left than accuracy, whose
     * steps are coarse.
     */
    private Attempt cleanest() {
      return models.keySet().stream()
          .max(Comparator.comparingDouble(attempt -> signalToNoise.computeIfAbsent(attempt, this::signalToNoise)))
          .orElseThrow();
    }

    private double signalToNoise(Attempt attempt) {
      options.progress().accept("comparing the outputs of " + attempt.name());
      return new Sensitivity(models.get(attempt), executor, line -> {}).whole(exact, data.spread(COMPARED_SAMPLES));
    }

    /** The one that was asked for, then the others. */
    private List<Calibrator> calibrators() {
      List<Calibrator> all = new ArrayList<>(List.of(options.calibrator()));
      Calibrator.all().stream()
          .filter(other -> !other.name().equals(options.calibrator().name()) && other.needsRange())
          .forEach(all::add);
      return all;
    }

    private boolean isDone() {
      return !wholeFront && meets(best());
    }

    private boolean meets(Attempt attempt) {
      return reference.accuracy() - attempt.accuracy() <= budget + 1e-12;
    }

    private Attempt best() {
      return models.keySet().stream().max(Comparator.comparingDouble(Attempt::accuracy)).orElseThrow();
    }

    private Attempt tryOptions(String name, QuantizationOptions each) {
      QuantizedModel quantized = new Quantizer(each, executor).quantize(original, data);
      return attempt(name, quantized, List.of());
    }

    /** Frees 1, 2, 4, ... layers, then half way back while that meets the budget, then takes dear ones back. */
    private void freeLayers(Attempt start) {
      QuantizedModel whole = models.get(start);
      List<LayerRanking.Ranked> ranked =
          new LayerRanking(whole, executor, options.progress()).rank(data);
      int missed = 0;
      int count = 1;
      while (count < ranked.size() && (!meets(free(start, whole, ranked.subList(0, count))) || wholeFront)) {
        missed = count;
        count *= 2;
      }
      if (!wholeFront) {
        int enough = fewest(start, whole, ranked, missed, Math.min(count, ranked.size()));
        takeBack(start, whole, ranked.subList(0, enough));
      }
    }

    /** How many of the first layers are enough, between too few and enough; all of them are the float model. */
    private int fewest(
        Attempt start, QuantizedModel whole, List<LayerRanking.Ranked> ranked, int missed, int met) {
      int low = missed;
      int high = met;
      while (high - low > 1) {
        int middle = (low + high) / 2;
        if (meets(free(start, whole, ranked.subList(0, middle)))) {
          high = middle;
        } else {
          low = middle;
        }
      }
      return high;
    }

    /** Quantises half of these layers again, then a quarter, ..., the dearest first, while that meets the budget. */
    private void takeBack(Attempt start, QuantizedModel whole, List<LayerRanking.Ranked> freed) {
      List<LayerRanking.Ranked> left = freed.stream()
          .sorted(Comparator.comparingDouble(LayerRanking.Ranked::share).reversed())
          .toList();
      if (left.size() == whole.plan().layers().size()) {
        return;
      }
      for (int part = left.size() / 2; part > 0; part /= 2) {
        List<LayerRanking.Ranked> fewer = left.subList(part, left.size());
        if (meets(free(start, whole, fewer))) {
          left = fewer;
        }
      }
    }

    private Attempt free(Attempt start, QuantizedModel whole, List<LayerRanking.Ranked> freed) {
      List<String> layers = freed.stream().map(LayerRanking.Ranked::layer).toList();
      String name = start.name() + ", " + layers.size() + (layers.size() == 1 ? " layer" : " layers") + " in float32";
      return attempt(name, whole.without(layers), layers);
    }

    /** Measures a model; its latency against that of the float model, which runs in turn with it. */
    private Attempt attempt(String name, QuantizedModel quantized, List<String> floats) {
      options.progress().accept("measuring " + name);
      try (GraphExecution execution = executor.open(quantized.graph())) {
        double accuracy = measure.of(execution);
        double millis = reference.latencyMillis() * Stopwatch.ratio(execution, exact, first);
        int layers = quantized.plan().layers().size() + floats.size();
        Attempt attempt = new Attempt(name, accuracy, millis, floats, layers);
        models.put(attempt, quantized);
        listener.accept(attempt);
        return attempt;
      }
    }

    /** Of those that meet the budget the one with the fewest layers in floating point, else the most accurate. */
    private BudgetResult result() {
      Attempt chosen = models.keySet().stream()
          .filter(this::meets)
          .min(Comparator.comparingInt((Attempt attempt) -> attempt.floatLayers().size()))
          .orElseGet(this::best);
      return new BudgetResult(
          reference, List.copyOf(models.keySet()), chosen, models.get(chosen), meets(chosen));
    }
  }
}
