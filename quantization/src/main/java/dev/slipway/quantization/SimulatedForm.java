package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Clip;
import dev.slipway.operators.Div;
import dev.slipway.operators.Mul;
import dev.slipway.operators.Round;
import dev.slipway.tensor.Tensor;

/**
 * The same numbers in floating point alone: weights that have been rounded, and elementwise operators that round
 * activations, which engines fuse into the layers before them.
 */
final class SimulatedForm implements QuantizedForm {

  @Override
  public ValueId activation(GraphBuilder builder, ValueId value, String name, QuantParams params) {
    ValueId scale = builder.constant(name + "_scale", Tensor.scalar(params.scale()));
    ValueId min = builder.constant(
        name + "_min", Tensor.scalar((float) (params.dtype().minValue() - params.zeroPoint())));
    ValueId max = builder.constant(
        name + "_max", Tensor.scalar((float) (params.dtype().maxValue() - params.zeroPoint())));
    ValueId level = builder.add(new Round(), builder.add(new Div(), value, scale));
    return builder.add(new Mul(), builder.add(new Clip(), level, min, max), scale);
  }

  @Override
  public ValueId weights(GraphBuilder builder, Graph graph, Layer layer, LayerParameters parameters) {
    Tensor original = layer.weights(graph);
    float[] values = parameters.dequantized(Channels.of(original, layer.channelAxis()));
    return builder.constant(layer.name() + "_weights", Tensor.of(values, original.dims()));
  }

  @Override
  public ValueId bias(GraphBuilder builder, Layer layer, LayerParameters parameters, float inputScale) {
    int[] levels = parameters.biasLevels(inputScale);
    float[] values = new float[levels.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((double) levels[i] * parameters.biasScale(inputScale, i));
    }
    return builder.constant(layer.name() + "_bias", Tensor.of(values, values.length));
  }
}
