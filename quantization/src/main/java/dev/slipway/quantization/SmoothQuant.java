package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.MatMul;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Divides the inputs of matrix products by a factor for each channel and multiplies the weights by it, such that wide
 * channels do not spoil the scale of all.
 * Source: G. Xiao et al., SmoothQuant, ICML 2023, equation 4.
 */
final class SmoothQuant {
  private static final double SMALLEST = 1e-5;

  /** How much of a channel's width goes over to the weights; which is best depends on the model. */
  static final List<Double> ALPHAS = List.of(0.35, 0.5, 0.65, 0.8);

  private final Graph graph;
  private final Map<ValueId, List<Layer>> byInput = new LinkedHashMap<>();
  private final Map<ValueId, ChannelMagnitudes> magnitudes = new LinkedHashMap<>();

  private SmoothQuant(QuantizationPlan plan) {
    this.graph = plan.graph();
    plan.layers().stream()
        .filter(layer -> layer.node().op() instanceof MatMul && channels(layer).isPresent())
        .forEach(layer -> byInput.computeIfAbsent(layer.input(), key -> new ArrayList<>()).add(layer));
    byInput.forEach((id, layers) ->
        magnitudes.put(id, new ChannelMagnitudes(channels(layers.getFirst()).orElseThrow())));
  }

  /** Looks at the inputs of matrix products. */
  static SmoothQuant of(QuantizationPlan plan, CalibrationData data, GraphExecutor executor) {
    SmoothQuant smooth = new SmoothQuant(plan);
    if (smooth.isApplicable()) {
      new Calibration(plan.graph(), data, executor, line -> {}).observe(smooth.magnitudes);
    }
    return smooth;
  }

  /** Whether there is a matrix product to smooth. */
  boolean isApplicable() {
    return !byInput.isEmpty();
  }

  /**
   * The graph with smoothed inputs of its matrix products.
   *
   * @param alpha 0 leaves the inputs as they are, 1 makes all channels of the inputs equally wide
   */
  EditedGraph apply(double alpha) {
    SmoothedInputs edit = new SmoothedInputs(graph);
    byInput.forEach((id, layers) -> edit.smooth(id, layers, factors(id, layers, alpha)));
    return new EditedGraph(edit.apply(), byInput.values().stream().mapToInt(List::size).sum());
  }

  /** The length of the last axis of a layer's inputs. */
  private Optional<Integer> channels(Layer layer) {
    boolean matrix = layer.weights(graph).rank() == 2 && graph.consumers(layer.weights()).size() == 1;
    return matrix ? Optional.of((int) layer.weights(graph).dim(0)) : Optional.empty();
  }

  private float[] factors(ValueId input, List<Layer> layers, double alpha) {
    float[] factors = magnitudes.get(input).largest();
    for (int channel = 0; channel < factors.length; channel++) {
      factors[channel] = factor(factors[channel], weightMagnitude(layers, channel), alpha);
    }
    return factors;
  }

  private float weightMagnitude(List<Layer> layers, int row) {
    float largest = 0;
    for (Layer layer : layers) {
      largest = Math.max(largest, Channels.of(layer.weights(graph), 0).magnitude(row));
    }
    return largest;
  }

  private static float factor(double inputs, double weights, double alpha) {
    return (float) (Math.pow(Math.max(inputs, SMALLEST), alpha) / Math.pow(Math.max(weights, SMALLEST), 1 - alpha));
  }
}
