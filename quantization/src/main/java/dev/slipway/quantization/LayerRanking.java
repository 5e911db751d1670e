package dev.slipway.quantization;

import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Orders layers by what is gained where they stay in floating point: the noise for each signal that they alone leave at
 * the model's outputs, over what that costs.
 *
 * <p>The noise at a layer's own output would take one pass for all, but says little: of PP-OCRv4 detection the noisiest
 * layer, behind a mean and before a sigmoid, leaves next to nothing at the output.
 */
final class LayerRanking {
  private static final int MOST_SAMPLES = 8;

  /** Multiply-adds that the ranking may take: some tens of seconds. */
  private static final double WORK = 1e12;

  private final QuantizedModel model;
  private final GraphExecutor executor;
  private final Consumer<String> progress;

  /**
   * A ranking.
   *
   * @param executor runs float graphs that simulate quantisation
   */
  LayerRanking(QuantizedModel model, GraphExecutor executor, Consumer<String> progress) {
    this.model = model;
    this.executor = executor;
    this.progress = progress;
  }

  /**
   * A layer.
   *
   * @param noise that it alone leaves at the outputs, for each unit of signal
   * @param share of all multiply-adds that are its own
   */
  record Ranked(String layer, double noise, double share) {

    /**
     * Noise for each unit of cost. A layer in floating point costs its multiply-adds and two conversions, which are
     * taken to be as dear as an average layer.
     *
     * @param layers how many there are
     */
    double gain(int layers) {
      return noise / (share + 1.0 / layers);
    }
  }

  /** All layers, those first that gain most. */
  List<Ranked> rank(CalibrationData data) {
    Map<String, Double> products = multiplyAdds(data);
    double all = products.values().stream().mapToDouble(Double::doubleValue).sum();
    long samples = (long) Math.clamp(WORK / (products.size() * all), 1, MOST_SAMPLES);
    List<Ranked> ranked = new ArrayList<>();
    new Sensitivity(model, executor, progress).alone(data.spread(samples)).forEach((layer, decibels) ->
        ranked.add(new Ranked(layer, Math.pow(10, -decibels / 10), products.get(layer) / all)));
    ranked.sort(Comparator.comparingDouble((Ranked layer) -> layer.gain(ranked.size())).reversed());
    return List.copyOf(ranked);
  }

  /** Those of each layer for the first sample. */
  private Map<String, Double> multiplyAdds(CalibrationData data) {
    List<Layer> layers = model.plan().layers();
    List<ValueId> outputs = layers.stream().map(layer -> layer.node().output()).toList();
    Map<String, Double> products = new LinkedHashMap<>();
    try (Taps taps = new Taps(executor, model.plan().graph(), outputs)) {
      Map<ValueId, Tensor> seen = taps.run(data.iterator().next());
      layers.forEach(layer ->
          products.put(layer.name(), seen.get(layer.node().output()).elementCount() * perOutput(layer)));
    }
    return products;
  }

  /** Multiply-adds for each element of a layer's output. */
  private double perOutput(Layer layer) {
    Tensor weights = layer.weights(model.plan().graph());
    return (double) weights.elementCount() / layer.channels(model.plan().graph());
  }
}
