package dev.slipway.quantization;

import dev.slipway.graph.ValueId;
import java.util.LinkedHashMap;
import java.util.Map;

/** Quantised models with a layer that is spoiled on purpose. */
final class Spoiled {
  private Spoiled() {}

  /** The model with the scales of one layer's weights multiplied. */
  static QuantizedModel weights(QuantizedModel model, Layer layer, float factor) {
    Channels weights = Channels.of(layer.weights(model.plan().graph()), layer.channelAxis());
    LayerParameters parameters = model.parameters().layers().get(layer.name());
    float[] larger = parameters.scales().clone();
    for (int i = 0; i < larger.length; i++) {
      larger[i] *= factor;
    }
    Map<String, LayerParameters> layers = new LinkedHashMap<>(model.parameters().layers());
    layers.put(layer.name(), new LayerParameters(larger, LayerParameters.levels(weights, larger), parameters.bias()));
    return model.with(new QuantizationParameters(model.parameters().values(), layers));
  }

  /** The model with the scale of one layer's activations multiplied. */
  static QuantizedModel activations(QuantizedModel model, Layer layer, float factor) {
    Map<ValueId, QuantParams> values = new LinkedHashMap<>(model.parameters().values());
    QuantParams params = values.get(layer.input());
    values.put(layer.input(), new QuantParams(
        params.dtype(), params.scale() * factor, Math.round(params.zeroPoint() / factor)));
    return model.with(new QuantizationParameters(values, model.parameters().layers()));
  }
}
