package dev.slipway.quantization;

/**
 * The threshold of magnitudes whose quantised distribution is nearest to the observed one by Kullback-Leibler
 * divergence. Source: S. Migacz, 8-bit Inference with TensorRT, GTC 2017: 2,048 bins, thresholds from 128 bins up, 128
 * levels, outliers saturated into the last bin.
 *
 * <p>Values that are exactly 0 are not counted: every scale represents them exactly, and behind a Relu they would hide
 * all others.
 */
final class EntropyObserver implements Observer {
  private static final int LEVELS = 128;

  private final Range full;
  private final Histogram histogram;

  /**
   * An observer of a new tensor.
   *
   * @param full the range of all values that will come, not a point
   */
  EntropyObserver(Range full) {
    this.full = full;
    this.histogram = new Histogram(new Range(0, full.magnitude()));
  }

  @Override
  public void observe(float[] values, int count) {
    for (int i = 0; i < count; i++) {
      if (values[i] != 0) {
        histogram.add(Math.abs(values[i]));
      }
    }
  }

  @Override
  public Range range() {
    return full.within(Math.min(threshold(), full.magnitude()));
  }

  private float threshold() {
    Sums sums = new Sums();
    int best = Histogram.BINS;
    double smallest = Double.POSITIVE_INFINITY;
    for (int bins = LEVELS; bins <= Histogram.BINS; bins++) {
      double divergence = sums.divergence(bins);
      if (divergence < smallest) {
        smallest = divergence;
        best = bins;
      }
    }
    return (float) ((best + 0.5) * histogram.width());
  }

  /** Sums over the first bins, from which a divergence follows in as many steps as there are levels. */
  private final class Sums {
    private final long[] counts = new long[Histogram.BINS + 1];
    private final int[] occupied = new int[Histogram.BINS + 1];
    private final double[] entropies = new double[Histogram.BINS + 1];

    Sums() {
      for (int i = 0; i < Histogram.BINS; i++) {
        long count = histogram.count(i);
        counts[i + 1] = counts[i] + count;
        occupied[i + 1] = occupied[i] + (count > 0 ? 1 : 0);
        entropies[i + 1] = entropies[i] + entropy(count);
      }
    }

    /** Of the first bins with the outliers in the last one, from these bins in 128 levels spread over the occupied. */
    double divergence(int bins) {
      long inside = counts[bins];
      long all = counts[Histogram.BINS];
      long outliers = all - inside;
      long last = histogram.count(bins - 1);
      if (inside == 0 || outliers > 0 && last == 0) {
        return Double.POSITIVE_INFINITY;
      }
      double reference = (entropies[bins - 1] + entropy(last + outliers)) / all - Math.log(all);
      double cross = 0;
      for (int level = 0; level < LEVELS; level++) {
        int from = level * bins / LEVELS;
        int to = (level + 1) * bins / LEVELS;
        long count = counts[to] - counts[from];
        if (count > 0) {
          long observed = count + (level == LEVELS - 1 ? outliers : 0);
          cross += observed * Math.log((double) count / (occupied[to] - occupied[from]) / inside);
        }
      }
      return reference - cross / all;
    }

    private static double entropy(long count) {
      return count == 0 ? 0 : count * Math.log(count);
    }
  }
}
