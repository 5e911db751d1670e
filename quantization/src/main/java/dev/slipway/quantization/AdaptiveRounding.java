package dev.slipway.quantization;

import java.util.stream.IntStream;

/**
 * Rounds weights up or down such that the squared error of their layer's output is least, by changing one weight after
 * the other while that helps. Source: the quadratic problem of M. Nagel et al., Up or Down? Adaptive Rounding for
 * Post-Training Quantization, ICML 2020, equation 20, which they relax and this descends by coordinates.
 */
final class AdaptiveRounding {
  private static final int SWEEPS = 8;

  /** Keeps what few samples say from outweighing the weights themselves. */
  private static final double RIDGE = 0.02;

  private AdaptiveRounding() {}

  /** The parameters of a layer with weights rounded anew. */
  static LayerParameters round(Channels weights, LayerParameters parameters, InputMoments moments) {
    byte[] levels = parameters.levels().clone();
    int perGroup = weights.count() / moments.vectors().groups();
    IntStream.range(0, weights.count()).parallel().forEach(channel ->
        new Row(weights, parameters.scale(channel), moments, channel, channel / perGroup).round(levels));
    return parameters.withLevels(levels);
  }

  /** The weights of one output channel. */
  private static final class Row {
    private final Channels weights;
    private final float scale;
    private final InputVectors vectors;
    private final int channel;
    private final float[] products;
    private final int length;
    private final double ridge;

    Row(Channels weights, float scale, InputMoments moments, int channel, int group) {
      this.weights = weights;
      this.scale = scale;
      this.vectors = moments.vectors();
      this.channel = channel;
      this.products = moments.products()[group];
      this.length = vectors.length();
      double trace = 0;
      for (int i = 0; i < length; i++) {
        trace += products[i * length + i];
      }
      this.ridge = RIDGE * trace / length;
    }

    void round(byte[] levels) {
      double[] gradient = gradient(levels);
      boolean changed = true;
      for (int sweep = 0; sweep < SWEEPS && changed; sweep++) {
        changed = false;
        for (int i = 0; i < length; i++) {
          changed |= step(levels, gradient, i);
        }
      }
    }

    /** Half the gradient of the error by each weight. */
    private double[] gradient(byte[] levels) {
      double[] gradient = new double[length];
      for (int i = 0; i < length; i++) {
        int index = vectors.weightIndex(channel, i);
        double error = levels[index] * (double) scale - weights.values()[index];
        move(gradient, i, error);
      }
      return gradient;
    }

    private void move(double[] gradient, int element, double by) {
      int row = element * length;
      for (int j = 0; j < length; j++) {
        gradient[j] += by * products[row + j];
      }
      gradient[element] += by * ridge;
    }

    /** Takes the level on the other side of the weight where the error becomes less. */
    private boolean step(byte[] levels, double[] gradient, int element) {
      int index = vectors.weightIndex(channel, element);
      double exact = weights.values()[index] / (double) scale;
      int other = levels[index] > exact ? levels[index] - 1 : levels[index] + 1;
      if (Math.abs(other - exact) >= 1 || Math.abs(other) > QuantParams.SYMMETRIC_LEVELS) {
        return false;
      }
      double by = (other - levels[index]) * (double) scale;
      double curvature = products[element * length + element] + ridge;
      if (2 * by * gradient[element] + by * by * curvature >= 0) {
        return false;
      }
      levels[index] = (byte) other;
      move(gradient, element, by);
      return true;
    }
  }
}
