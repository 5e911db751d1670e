package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.operators.Conv;
import dev.slipway.operators.Gemm;
import dev.slipway.operators.MatMul;
import dev.slipway.tensor.SlipwayException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Quantises the weights of a model, and its activations by ranges that are found while it runs, so that nothing is
 * calibrated. Immutable and thread-safe.
 */
public final class DynamicQuantizer {
  private final DynamicScale scale;
  private final QuantizationOptions options;

  /** @param options of which those for weights and the excluded layers have a meaning */
  public DynamicQuantizer(DynamicScale scale, QuantizationOptions options) {
    this.scale = scale;
    this.options = options;
  }

  /**
   * Quantises a model.
   *
   * @throws SlipwayException where it is quantised already, has no layer that can be, or where a layer to exclude does
   *     not exist
   */
  public UncalibratedModel quantize(Graph model) {
    QuantizationPlan plan = QuantizationPlan.of(FloatModel.of(model), options.excluded());
    List<KeptFloat> kept = new ArrayList<>(plan.kept());
    List<Layer> layers = new ArrayList<>();
    for (Layer layer : plan.layers()) {
      Optional<String> obstacle = obstacle(plan.graph(), layer);
      obstacle.ifPresent(reason -> kept.add(new KeptFloat(layer.name(), layer.node().op().schema().name(), reason)));
      if (obstacle.isEmpty()) {
        layers.add(layer);
      }
    }
    if (layers.isEmpty()) {
      throw new SlipwayException("model " + model.name() + ": nothing can be quantised while it runs (expected: a"
          + " float32 Conv, Gemm or MatMul with constant weights)");
    }
    Graph graph = new DynamicGraph(plan.graph(), layers, scale, options).build();
    return new UncalibratedModel(graph, layers.stream().map(Layer::name).toList(), kept);
  }

  private static Optional<String> obstacle(Graph graph, Layer layer) {
    boolean isProduct = layer.node().op() instanceof MatMul || layer.node().op() instanceof Gemm;
    if (!isProduct && !(layer.node().op() instanceof Conv)) {
      return Optional.of("ONNX has no such operator on integers");
    }
    if (isProduct && (!graph.shape(layer.input()).ranked() || graph.shape(layer.input()).rank() < 2)) {
      return Optional.of("its input is " + graph.type(layer.input()) + " (expected: rank 2 at least)");
    }
    boolean hasBias = layer.biasPort() >= 0 && layer.node().hasInput(layer.biasPort());
    return layer.node().op() instanceof Conv && hasBias && !layer.bias().isPresent()
        ? Optional.of("its bias is computed")
        : Optional.empty();
  }
}
