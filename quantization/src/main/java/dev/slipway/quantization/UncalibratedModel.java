package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import java.util.List;

/**
 * What quantisation without data made of a model.
 *
 * @param graph standard ONNX
 * @param layers names of what was quantised
 * @param kept what stays as it is, and why
 */
public record UncalibratedModel(Graph graph, List<String> layers, List<KeptFloat> kept) {
  public UncalibratedModel {
    layers = List.copyOf(layers);
    kept = List.copyOf(kept);
  }
}
