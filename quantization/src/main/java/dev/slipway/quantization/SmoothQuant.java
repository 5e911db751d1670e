package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.MatMul;
import dev.slipway.operators.Mul;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Divides the inputs of matrix products by a factor for each channel and multiplies the weights by it, such that wide
 * channels do not spoil the scale of all. The division is a Mul that engines fuse into what computes the inputs.
 * Source: G. Xiao et al., SmoothQuant, ICML 2023, equation 4 with alpha 1/2.
 */
final class SmoothQuant {
  private static final double SMALLEST = 1e-5;

  private final QuantizationPlan plan;
  private final Graph graph;

  private SmoothQuant(QuantizationPlan plan) {
    this.plan = plan;
    this.graph = plan.graph();
  }

  /** The graph with smoothed inputs of its matrix products. */
  static EditedGraph apply(QuantizationPlan plan, CalibrationData data, GraphExecutor executor) {
    return new SmoothQuant(plan).apply(data, executor);
  }

  private EditedGraph apply(CalibrationData data, GraphExecutor executor) {
    Map<ValueId, List<Layer>> byInput = new LinkedHashMap<>();
    plan.layers().stream()
        .filter(layer -> layer.node().op() instanceof MatMul && channels(layer).isPresent())
        .forEach(layer -> byInput.computeIfAbsent(layer.input(), key -> new ArrayList<>()).add(layer));
    if (byInput.isEmpty()) {
      return new EditedGraph(graph, 0);
    }
    Map<ValueId, ChannelMagnitudes> observers = new LinkedHashMap<>();
    byInput.forEach((id, layers) ->
        observers.put(id, new ChannelMagnitudes(channels(layers.getFirst()).orElseThrow())));
    new Calibration(graph, data, executor, line -> {}).observe(observers);
    GraphPatch.Builder patch = GraphPatch.on(graph, "smoothed inputs of matrix products");
    byInput.forEach((id, layers) -> smooth(patch, id, layers, observers.get(id).largest()));
    return new EditedGraph(
        graph.apply(patch.build()), byInput.values().stream().mapToInt(List::size).sum());
  }

  /** The length of the last axis of a layer's inputs. */
  private Optional<Integer> channels(Layer layer) {
    boolean matrix = layer.weights(graph).rank() == 2 && graph.consumers(layer.weights()).size() == 1;
    return matrix ? Optional.of((int) layer.weights(graph).dim(0)) : Optional.empty();
  }

  private void smooth(GraphPatch.Builder patch, ValueId input, List<Layer> layers, float[] magnitudes) {
    float[] factors = new float[magnitudes.length];
    float[] inverse = new float[magnitudes.length];
    for (int channel = 0; channel < factors.length; channel++) {
      factors[channel] = factor(magnitudes[channel], weightMagnitude(layers, channel));
      inverse[channel] = 1 / factors[channel];
    }
    String name = graph.value(input).name() + "_smoothed";
    ValueId divided =
        patch.add(name, new Mul(), input, patch.constant(name + "_factors", Tensor.of(inverse, inverse.length)));
    for (Layer layer : layers) {
      Tensor weights = layer.weights(graph);
      float[] scaled = weights.toFloats();
      int columns = (int) weights.dim(1);
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] *= factors[i / columns];
      }
      ValueId constant =
          patch.constant(graph.value(layer.weights()).name() + "_smoothed", Tensor.of(scaled, weights.dims()));
      patch.reuseName(layer.node());
      patch.replace(layer.node().output(), patch.add(layer.name(), layer.node().op(), divided, constant));
    }
  }

  private float weightMagnitude(List<Layer> layers, int row) {
    float largest = 0;
    for (Layer layer : layers) {
      largest = Math.max(largest, Channels.of(layer.weights(graph), 0).magnitude(row));
    }
    return largest;
  }

  private static float factor(double inputs, double weights) {
    return (float) Math.sqrt(Math.max(inputs, SMALLEST) / Math.max(weights, SMALLEST));
  }
}
