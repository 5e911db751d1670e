package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/** Finds which layers cost the accuracy: quantises one layer at a time, or all but one, and compares the outputs. */
public final class Sensitivity {
  /** A bit and a half. */
  private static final double WASTEFUL_DECIBELS = 9;

  private static final int MEASURED_SHARE = 4;
  private static final int FEWEST_MEASURED = 16;

  private final QuantizedModel model;
  private final GraphExecutor executor;
  private final Consumer<String> progress;
  private final Optional<AccuracyMeasure> measure;

  /**
   * How much one layer matters.
   *
   * @param alone signal to noise at the model's outputs in decibels where no other layer is quantised
   * @param freed the same where all others are, but not this one; empty where that was not asked for
   * @param scaleLoss decibels of noise that better scales for this layer would spare
   * @param accuracyLoss accuracy that is lost where no other layer is quantised; empty where it was not measured
   */
  public record LayerSensitivity(
      String layer,
      String operator,
      double alone,
      OptionalDouble freed,
      double scaleLoss,
      OptionalDouble accuracyLoss) {

    /** Whether its scales are far from the best, so that they are to blame rather than its eight bits. */
    public boolean hasWastefulScales() {
      return scaleLoss > WASTEFUL_DECIBELS;
    }

    LayerSensitivity withAccuracyLoss(double loss) {
      return new LayerSensitivity(layer, operator, alone, freed, scaleLoss, OptionalDouble.of(loss));
    }
  }

  /**
   * A measurement.
   *
   * @param executor runs float graphs that simulate quantisation
   */
  public Sensitivity(QuantizedModel model, GraphExecutor executor, Consumer<String> progress) {
    this(model, executor, progress, Optional.empty());
  }

  private Sensitivity(
      QuantizedModel model, GraphExecutor executor, Consumer<String> progress, Optional<AccuracyMeasure> measure) {
    this.model = model;
    this.executor = executor;
    this.progress = progress;
    this.measure = measure;
  }

  /** The same, which also measures the accuracy of the model with each layer alone. */
  public Sensitivity withMeasure(AccuracyMeasure accuracy) {
    return new Sensitivity(model, executor, progress, Optional.of(accuracy));
  }

  /**
   * All layers, those with wasteful scales first, then the one that costs most: least signal to noise alone. The
   * accuracy is measured of those with the least signal to noise, a quarter of all.
   *
   * @param freed whether each layer is also freed alone, which is as much work again
   */
  public List<LayerSensitivity> rank(CalibrationData data, boolean freed) {
    Map<String, Double> losses = ScaleLoss.of(model, data, executor);
    try (GraphExecution exact = executor.open(model.plan().graph())) {
      Outputs outputs = new Outputs(exact, data);
      List<LayerSensitivity> ranked = new ArrayList<>();
      for (Layer layer : model.plan().layers()) {
        ranked.add(sensitivity(layer, outputs, freed, losses.get(layer.name())));
        progress.accept("sensitivity: " + ranked.size() + " of " + model.plan().layers().size() + " layers");
      }
      ranked.sort(Comparator.comparingDouble(LayerSensitivity::alone));
      measure.ifPresent(accuracy -> measure(accuracy, exact, ranked));
      ranked.sort(Comparator.comparing(LayerSensitivity::hasWastefulScales).reversed());
      return List.copyOf(ranked);
    }
  }

  /** Signal to noise at the model's outputs in decibels where one layer alone is quantised, by its name. */
  Map<String, Double> alone(CalibrationData data) {
    Map<String, Double> alone = new LinkedHashMap<>();
    try (GraphExecution exact = executor.open(model.plan().graph())) {
      Outputs outputs = new Outputs(exact, data);
      for (Layer layer : model.plan().layers()) {
        alone.put(layer.name(), alone(layer, outputs));
        progress.accept("ranking: " + alone.size() + " of " + model.plan().layers().size() + " layers");
      }
    }
    return alone;
  }

  private double alone(Layer layer, Outputs outputs) {
    try (GraphExecution alone = open(model.plan().only(List.of(layer.name())))) {
      return outputs.signalToNoise(alone);
    }
  }

  private LayerSensitivity sensitivity(Layer layer, Outputs outputs, boolean freed, double scaleLoss) {
    return new LayerSensitivity(layer.name(), layer.node().op().schema().name(), alone(layer, outputs),
        freed ? OptionalDouble.of(freed(List.of(layer.name()), outputs)) : OptionalDouble.empty(), scaleLoss,
        OptionalDouble.empty());
  }

  /** Measures the accuracy with each of the first layers alone. */
  private void measure(AccuracyMeasure accuracy, GraphExecution exact, List<LayerSensitivity> ranked) {
    double reference = accuracy.of(exact);
    int count = Math.min(ranked.size(), Math.max(FEWEST_MEASURED, ranked.size() / MEASURED_SHARE));
    for (int i = 0; i < count; i++) {
      LayerSensitivity layer = ranked.get(i);
      try (GraphExecution alone = open(model.plan().only(List.of(layer.layer())))) {
        ranked.set(i, layer.withAccuracyLoss(reference - accuracy.of(alone)));
      }
      progress.accept("accuracy of layers: " + (i + 1) + " of " + count);
    }
  }

  private double freed(List<String> layer, Outputs outputs) {
    try (GraphExecution others = open(model.plan().without(layer))) {
      return outputs.signalToNoise(others);
    }
  }

  /** Signal to noise at the model's outputs in decibels, everything quantised. */
  public double whole(CalibrationData data) {
    return whole(model.plan().graph(), data);
  }

  /** The same against another float graph with the same inputs and outputs. */
  double whole(Graph exact, CalibrationData data) {
    try (GraphExecution reference = executor.open(exact)) {
      return whole(reference, data);
    }
  }

  double whole(GraphExecution exact, CalibrationData data) {
    try (GraphExecution quantized = open(model.plan())) {
      return new Outputs(exact, data).signalToNoise(quantized);
    }
  }

  private GraphExecution open(QuantizationPlan plan) {
    return executor.open(QuantizedGraph.simulated(plan, model.parameters()));
  }

  /** Samples with the outputs of the float model, with which those of quantised ones are compared. */
  private static final class Outputs {
    private final List<Map<String, Tensor>> samples = new ArrayList<>();
    private final List<Map<String, float[]>> expected = new ArrayList<>();

    Outputs(GraphExecution exact, CalibrationData data) {
      for (Map<String, Tensor> sample : data) {
        samples.add(CalibrationData.copy(sample));
        Map<String, float[]> outputs = new LinkedHashMap<>();
        exact.run(sample).forEach((name, tensor) -> outputs.put(name, tensor.toFloats()));
        expected.add(outputs);
      }
    }

    double signalToNoise(GraphExecution quantized) {
      Map<String, Deviation.Sum> sums = new LinkedHashMap<>();
      for (int i = 0; i < samples.size(); i++) {
        Map<String, float[]> outputs = expected.get(i);
        quantized.run(samples.get(i)).forEach((name, tensor) ->
            sums.computeIfAbsent(name, key -> new Deviation.Sum()).add(outputs.get(name), tensor.toFloats()));
      }
      double noise = sums.values().stream().mapToDouble(Deviation.Sum::noiseToSignal).average().orElse(0);
      return Deviation.decibels(noise);
    }
  }
}
