package dev.slipway.quantization;

/**
 * Takes from each bias what rounding weights and inputs adds to the mean of its channel. Source: M. Nagel et al.,
 * Data-Free Quantization Through Weight Equalization and Bias Correction, ICCV 2019, with means that were observed.
 */
final class BiasCorrection {
  private BiasCorrection() {}

  /** The parameters of a layer that has a bias, or may have one, with other biases. */
  static LayerParameters correct(Channels weights, LayerParameters parameters, InputMoments moments) {
    float[] bias = parameters.bias().length == 0 ? new float[weights.count()] : parameters.bias().clone();
    int perGroup = weights.count() / moments.vectors().groups();
    for (int channel = 0; channel < bias.length; channel++) {
      bias[channel] -= (float) shift(weights, parameters, moments, channel, channel / perGroup);
    }
    return parameters.withBias(bias);
  }

  private static double shift(
      Channels weights, LayerParameters parameters, InputMoments moments, int channel, int group) {
    double shift = 0;
    for (int i = 0; i < moments.vectors().length(); i++) {
      int index = moments.vectors().weightIndex(channel, i);
      double rounded = parameters.levels()[index] * (double) parameters.scale(channel);
      shift += rounded * moments.rounded()[group][i] - weights.values()[index] * moments.exact()[group][i];
    }
    return shift;
  }
}
