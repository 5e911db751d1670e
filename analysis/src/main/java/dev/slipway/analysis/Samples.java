package dev.slipway.analysis;

import java.util.Arrays;

/** Order statistics of measured times. */
final class Samples {
  private Samples() {}

  /** The middle one, or the mean of the two in the middle; NaN of none. */
  static double median(long[] values) {
    return quantile(values, 0.5);
  }

  /** The middle one, or the mean of the two in the middle; NaN of none. */
  static double median(double[] values) {
    return quantile(values, 0.5);
  }

  /** The value below which this part of them lies, between two of them in proportion; NaN of none. */
  static double quantile(long[] values, double part) {
    return quantile(Arrays.stream(values).asDoubleStream().toArray(), part);
  }

  private static double quantile(double[] values, double part) {
    if (values.length == 0) {
      return Double.NaN;
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double place = part * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
