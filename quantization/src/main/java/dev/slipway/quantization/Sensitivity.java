package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/** Finds which layers cost the accuracy: quantises one layer at a time, or all but one, and compares the outputs. */
public final class Sensitivity {
  /** A bit and a half. */
  private static final double WASTEFUL_DECIBELS = 9;

  private final QuantizedModel model;
  private final GraphExecutor executor;
  private final Consumer<String> progress;

  /**
   * How much one layer matters.
   *
   * @param alone signal to noise at the model's outputs in decibels where no other layer is quantised
   * @param freed the same where all others are, but not this one; empty where that was not asked for
   * @param scaleLoss decibels of noise that better scales for this layer would spare
   */
  public record LayerSensitivity(
      String layer, String operator, double alone, OptionalDouble freed, double scaleLoss) {

    /** Whether its scales are far from the best, so that they are to blame rather than its eight bits. */
    public boolean hasWastefulScales() {
      return scaleLoss > WASTEFUL_DECIBELS;
    }
  }

  /**
   * A measurement.
   *
   * @param executor runs float graphs that simulate quantisation
   */
  public Sensitivity(QuantizedModel model, GraphExecutor executor, Consumer<String> progress) {
    this.model = model;
    this.executor = executor;
    this.progress = progress;
  }

  /**
   * All layers, those with wasteful scales first, then the one that costs most: least signal to noise alone.
   *
   * @param freed whether each layer is also freed alone, which is as much work again
   */
  public List<LayerSensitivity> rank(CalibrationData data, boolean freed) {
    Map<String, Double> losses = ScaleLoss.of(model, data, executor);
    try (Outputs outputs = new Outputs(model.plan().graph(), data)) {
      List<LayerSensitivity> ranked = new ArrayList<>();
      for (Layer layer : model.plan().layers()) {
        List<String> name = List.of(layer.name());
        ranked.add(new LayerSensitivity(
            layer.name(),
            layer.node().op().schema().name(),
            outputs.signalToNoise(model.plan().only(name)),
            freed ? OptionalDouble.of(outputs.signalToNoise(model.plan().without(name))) : OptionalDouble.empty(),
            losses.get(layer.name())));
        progress.accept("sensitivity: " + ranked.size() + " of " + model.plan().layers().size() + " layers");
      }
      ranked.sort(Comparator.comparing(LayerSensitivity::hasWastefulScales).reversed()
          .thenComparingDouble(LayerSensitivity::alone));
      return List.copyOf(ranked);
    }
  }

  /** Signal to noise at the model's outputs in decibels, everything quantised. */
  public double whole(CalibrationData data) {
    return whole(model.plan().graph(), data);
  }

  /** The same against another float graph with the same inputs and outputs. */
  double whole(Graph exact, CalibrationData data) {
    try (Outputs outputs = new Outputs(exact, data)) {
      return outputs.signalToNoise(model.plan());
    }
  }

  /** The outputs of the float model, with which those of quantised ones are compared. */
  private final class Outputs implements AutoCloseable {
    private final CalibrationData data;
    private final GraphExecution exact;

    Outputs(Graph exact, CalibrationData data) {
      this.data = data;
      this.exact = executor.open(exact);
    }

    double signalToNoise(QuantizationPlan plan) {
      Graph graph = QuantizedGraph.simulated(plan, model.parameters());
      Map<String, Deviation.Sum> sums = new LinkedHashMap<>();
      try (GraphExecution quantized = executor.open(graph)) {
        for (Map<String, Tensor> sample : data) {
          Map<String, Tensor> expected = exact.run(sample);
          quantized.run(sample).forEach((name, tensor) -> sums.computeIfAbsent(name, key -> new Deviation.Sum())
              .add(expected.get(name).toFloats(), tensor.toFloats()));
        }
      }
      double noise = sums.values().stream().mapToDouble(Deviation.Sum::noiseToSignal).average().orElse(0);
      return Deviation.decibels(noise);
    }

    @Override
    public void close() {
      exact.close();
    }
  }
}
