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
  /** Samples that sensitivity is measured on. */
  private static final int SENSITIVITY_SAMPLES = 8;

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
    return new Climb(model, data).toEnd();
  }

  /** One climb. */
  private final class Climb {
    private final Graph original;
    private final CalibrationData data;
    private final Map<String, Tensor> first;
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
      this.first = samples.next();
      this.reference = measured("float32", original, List.of(), 0);
      listener.accept(reference);
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
      List<String> ranked = new Sensitivity(whole, executor, options.progress())
          .rank(data.spread(SENSITIVITY_SAMPLES), false)
          .stream().map(Sensitivity.LayerSensitivity::layer).toList();
      int missed = 0;
      for (int count = 1; count < ranked.size(); count = Math.min(2 * count, ranked.size())) {
        if (meets(free(start, whole, ranked.subList(0, count))) && !wholeFront) {
          refine(start, whole, ranked, missed, count);
          return;
        }
        missed = count;
      }
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

    private Attempt attempt(String name, QuantizedModel quantized, List<String> floats) {
      Attempt attempt = measured(name, quantized.graph(), floats, quantized.plan().layers().size() + floats.size());
      models.put(attempt, quantized);
      listener.accept(attempt);
      return attempt;
    }

    private Attempt measured(String name, Graph graph, List<String> floats, int layers) {
      options.progress().accept("measuring " + name);
      try (GraphExecution execution = executor.open(graph)) {
        double accuracy = measure.of(execution);
        return new Attempt(name, accuracy, Stopwatch.millis(execution, first), floats, layers);
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
