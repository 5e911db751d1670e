package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Looks for a quantised model that loses no more accuracy than allowed, by a ladder: calibrators, then repairs, then
 * more and more layers in floating point, those that cost most first. Every rung is measured as it would run.
 */
public final class BudgetSearch {
  /** Samples on which the outputs are compared that a layer alone gives. */
  private static final int SENSITIVITY_SAMPLES = 8;

  /** Samples on which the accuracy is measured that a layer alone costs. */
  private static final int ACCURACY_SAMPLES = 128;

  /** Losses of layers that differ by less than this part of the budget are taken for equal. */
  private static final double RESOLUTION = 0.25;

  private static final double FINEST_RESOLUTION = 1e-6;

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
    private Calibrator calibrator = options.calibrator();
    private double highest = Double.NEGATIVE_INFINITY;

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
        Attempt attempt = tryOptions(each.name(), options.withCalibrator(each).withRepairs(Set.of()));
        if (isDone()) {
          return result();
        }
        if (attempt.accuracy() > highest) {
          highest = attempt.accuracy();
          calibrator = each;
        }
      }
      Set<Repair> repairs = options.repairs().isEmpty() ? EnumSet.allOf(Repair.class) : options.repairs();
      tryOptions(calibrator.name() + " with repairs", options.withCalibrator(calibrator).withRepairs(repairs));
      if (!isDone()) {
        freeLayers(best());
      }
      return result();
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

    /** Frees 1, 2, 4, ... layers, then half way back while that meets the budget. */
    private void freeLayers(Attempt start) {
      QuantizedModel whole = models.get(start);
      List<String> ranked = ranked(whole);
      int missed = 0;
      for (int count = 1; count < ranked.size(); count = Math.min(2 * count, ranked.size())) {
        if (meets(free(start, whole, ranked.subList(0, count))) && !wholeFront) {
          refine(start, whole, ranked, missed, count);
          return;
        }
        missed = count;
      }
    }

    /** The layers, those first that cost most accuracy alone. */
    private List<String> ranked(QuantizedModel whole) {
      double resolution = Math.max(RESOLUTION * budget, FINEST_RESOLUTION);
      return new Sensitivity(whole, executor, options.progress())
          .withMeasure(measure.spread(ACCURACY_SAMPLES))
          .rank(data.spread(SENSITIVITY_SAMPLES), false)
          .stream()
          .sorted(Sensitivity.LayerSensitivity.byCost(resolution))
          .map(Sensitivity.LayerSensitivity::layer)
          .toList();
    }

    private void refine(Attempt start, QuantizedModel whole, List<String> ranked, int missed, int met) {
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
    }

    private Attempt free(Attempt start, QuantizedModel whole, List<String> layers) {
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
