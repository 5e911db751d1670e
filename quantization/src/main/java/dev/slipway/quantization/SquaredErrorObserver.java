package dev.slipway.quantization;

import dev.slipway.tensor.DType;

/** The range whose quantisation has the least mean squared error. */
final class SquaredErrorObserver implements Observer {
  private static final int STEPS = 64;
  private static final float SMALLEST = 1f / STEPS;

  private final Range full;
  private final DType dtype;
  private final Histogram histogram;

  /**
   * An observer of a new tensor.
   *
   * @param full the range of all values that will come, not a point
   * @param dtype what they will be quantised to
   */
  SquaredErrorObserver(Range full, DType dtype) {
    this.full = full;
    this.dtype = dtype;
    this.histogram = new Histogram(full);
  }

  @Override
  public void observe(float[] values, int count) {
    histogram.addAll(values, count);
  }

  /** Shrinks both ends together, then each by itself. */
  @Override
  public Range range() {
    Range best = full;
    for (End end : End.values()) {
      Range start = best;
      double smallest = error(best);
      for (int step = STEPS - 1; step > 0; step--) {
        Range candidate = end.shrink(start, step * SMALLEST);
        double error = error(candidate);
        if (error < smallest) {
          smallest = error;
          best = candidate;
        }
      }
    }
    return best;
  }

  private enum End {
    BOTH, LOWER, UPPER;

    Range shrink(Range range, float factor) {
      return switch (this) {
        case BOTH -> new Range(range.min() * factor, range.max() * factor);
        case LOWER -> new Range(range.min() * factor, range.max());
        case UPPER -> new Range(range.min(), range.max() * factor);
      };
    }
  }

  private double error(Range range) {
    return error(QuantParams.of(range, dtype, false));
  }

  /** The sum of the squared errors of what was observed. */
  double error(QuantParams params) {
    double sum = 0;
    for (int bin = 0; bin < Histogram.BINS; bin++) {
      long count = histogram.count(bin);
      if (count > 0) {
        double center = histogram.center(bin);
        double error = center - params.roundTrip((float) center);
        sum += count * error * error;
      }
    }
    return sum;
  }
}
