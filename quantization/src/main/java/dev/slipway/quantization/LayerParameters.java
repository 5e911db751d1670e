package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.SlipwayException;

/**
 * The quantised weights of a layer.
 *
 * @param scales one for each output channel, or one for all
 * @param levels the weights as int8, in the order of the float ones
 * @param bias float32, one number for each output channel; none where the layer has no bias of that form
 */
public record LayerParameters(float[] scales, byte[] levels, float[] bias) {
  /** Biases stay below 2^30, so that int32 accumulators have room for them. */
  private static final double LARGEST_BIAS = 1 << 30;

  /**
   * Rounds the weights of a layer to the nearest levels.
   *
   * @param inputScale of the activations; infinite where the bias stays float
   */
  static LayerParameters of(Graph graph, Layer layer, float inputScale, QuantizationOptions options) {
    Channels weights = Channels.of(layer.weights(graph), layer.channelAxis());
    float[] bias = layer.bias(graph).map(tensor -> tensor.toFloats()).orElse(new float[0]);
    float[] magnitudes = new float[weights.count()];
    for (int channel = 0; channel < magnitudes.length; channel++) {
      magnitudes[channel] = options.weightRange().magnitude(weights, channel);
      if (!(magnitudes[channel] <= Float.MAX_VALUE)) {
        throw new SlipwayException("weights of " + layer.name() + ": not finite in channel " + channel
            + " (expected: finite numbers)");
      }
    }
    float[] scales = new float[options.perChannel() ? magnitudes.length : 1];
    for (int channel = 0; channel < magnitudes.length; channel++) {
      int at = options.perChannel() ? channel : 0;
      float magnitude = magnitudes[channel];
      float scale = magnitude == 0 ? 0 : QuantParams.scale(magnitude, QuantParams.SYMMETRIC_LEVELS, false);
      float floor = bias.length == 0 ? 0 : (float) (Math.abs(bias[channel]) / (inputScale * LARGEST_BIAS));
      scales[at] = Math.max(scales[at], Math.max(scale, floor));
    }
    for (int i = 0; i < scales.length; i++) {
      float scale = scales[i] == 0 ? 1 : Math.max(scales[i], Float.MIN_NORMAL);
      scales[i] = QuantParams.scale(scale, 1, options.powerOfTwo());
    }
    return new LayerParameters(scales, levels(weights, scales), bias);
  }

  /** All weights rounded to the nearest levels. */
  static byte[] levels(Channels weights, float[] scales) {
    byte[] levels = new byte[weights.values().length];
    for (int i = 0; i < levels.length; i++) {
      float scale = scales[scales.length == 1 ? 0 : weights.channelOf(i)];
      levels[i] = (byte) level(weights.values()[i], scale);
    }
    return levels;
  }

  /** The nearest level of a weight. */
  static int level(float value, float scale) {
    return (int) Math.clamp(Math.rint(value / scale), -QuantParams.SYMMETRIC_LEVELS, QuantParams.SYMMETRIC_LEVELS);
  }

  float scale(int channel) {
    return scales[scales.length == 1 ? 0 : channel];
  }

  LayerParameters withLevels(byte[] others) {
    return new LayerParameters(scales, others, bias);
  }

  LayerParameters withBias(float[] other) {
    return new LayerParameters(scales, levels, other);
  }

  /** The weights as the levels give them. */
  float[] dequantized(Channels weights) {
    float[] values = new float[levels.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = levels[i] * scale(weights.channelOf(i));
    }
    return values;
  }

  /** The bias as int32 of the scale that the accumulators have. */
  int[] biasLevels(float inputScale) {
    int[] rounded = new int[bias.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = (int) Math.rint(bias[i] / (double) biasScale(inputScale, i));
    }
    return rounded;
  }

  float biasScale(float inputScale, int channel) {
    return inputScale * scale(channel);
  }
}
