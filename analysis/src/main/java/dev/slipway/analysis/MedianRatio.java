package dev.slipway.analysis;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The ratio of the medians of two samples that were taken in pairs, with its confidence interval of 95 % by the
 * percentile bootstrap over pairs (Efron, Tibshirani: An Introduction to the Bootstrap, 1993, chapter 13). The same
 * samples give the same interval.
 *
 * @param value first median over second
 */
public record MedianRatio(double value, double low, double high) {
  private static final int RESAMPLES = 2_000;
  private static final long SEED = 5;

  /** Of pairs, one at least. */
  public static MedianRatio of(long[] first, long[] second) {
    if (first.length != second.length || first.length == 0) {
      throw new IllegalArgumentException(
          "samples: " + first.length + " and " + second.length + " (expected: pairs, one at least)");
    }
    Ranked a = new Ranked(first);
    Ranked b = new Ranked(second);
    SplittableRandom random = new SplittableRandom(SEED);
    double[] ratios = new double[RESAMPLES];
    int[] counts = new int[first.length];
    for (int i = 0; i < RESAMPLES; i++) {
      Arrays.fill(counts, 0);
      for (int drawn = 0; drawn < counts.length; drawn++) {
        counts[random.nextInt(counts.length)]++;
      }
      ratios[i] = a.median(counts) / b.median(counts);
    }
    Arrays.sort(ratios);
    Arrays.fill(counts, 1);
    return new MedianRatio(
        a.median(counts) / b.median(counts), ratios[RESAMPLES / 40], ratios[RESAMPLES - 1 - RESAMPLES / 40]);
  }

  /** Whether both medians may be the same. */
  public boolean isUndecided() {
    return low <= 1 && high >= 1;
  }

  /** Values and their order, which all resamples share. */
  private record Ranked(long[] values, int[] order) {
    Ranked(long[] values) {
      this(values, IntStream.range(0, values.length)
          .boxed()
          .sorted((i, j) -> Long.compare(values[i], values[j]))
          .mapToInt(Integer::intValue)
          .toArray());
    }

    /** Of the values, each taken so often as its count says, which are as many as the values in all. */
    double median(int[] counts) {
      return (at(counts, (values.length - 1) / 2) + at(counts, values.length / 2)) / 2.0;
    }

    private long at(int[] counts, int rank) {
      int seen = 0;
      for (int index : order) {
        seen += counts[index];
        if (seen > rank) {
          return values[index];
        }
      }
      throw new IllegalArgumentException("counts: " + seen + " in all (expected: " + values.length + ")");
    }
  }
}
