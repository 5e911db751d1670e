package dev.slipway.quantization;

/** How the scale of weights is found. */
public enum WeightRange {
  /** The largest magnitude is the largest level. */
  MINMAX {
    @Override
    float magnitude(Channels weights, int channel) {
      return weights.magnitude(channel);
    }
  },
  /** The scale of least mean squared error. */
  MSE {
    @Override
    float magnitude(Channels weights, int channel) {
      float full = weights.magnitude(channel);
      float best = full;
      double smallest = error(weights, channel, scale(full));
      for (int step = 1; step <= STEPS && full > 0; step++) {
        float candidate = full * (1 - step * SHRINK);
        double error = error(weights, channel, scale(candidate));
        if (error < smallest) {
          smallest = error;
          best = candidate;
        }
      }
      return best;
    }
  };

  private static final int STEPS = 40;
  private static final float SHRINK = 0.0125f;

  /** The magnitude that the largest level stands for. */
  abstract float magnitude(Channels weights, int channel);

  private static float scale(float magnitude) {
    return QuantParams.scale(magnitude, QuantParams.SYMMETRIC_LEVELS, false);
  }

  /** The sum of the squared errors of a channel's weights, rounded to the nearest levels of a scale. */
  static double error(Channels weights, int channel, float scale) {
    double[] sum = new double[1];
    weights.forEach(channel, index -> {
      float value = weights.values()[index];
      double error = value - LayerParameters.level(value, scale) * (double) scale;
      sum[0] += error * error;
    });
    return sum[0];
  }
}
