package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** How far two sequences of numbers go together, from -1 to 1; NaN where one of them does not vary. */
public final class Correlation {
  private Correlation() {}

  /** Pearson's: whether they lie on a line. */
  public static double pearson(double[] x, double[] y) {
    requireSameLength(x, y);
    double meanX = Arrays.stream(x).average().orElse(Double.NaN);
    double meanY = Arrays.stream(y).average().orElse(Double.NaN);
    double product = 0;
    double squaresX = 0;
    double squaresY = 0;
    for (int i = 0; i < x.length; i++) {
      product += (x[i] - meanX) * (y[i] - meanY);
      squaresX += (x[i] - meanX) * (x[i] - meanX);
      squaresY += (y[i] - meanY) * (y[i] - meanY);
    }
    return product / Math.sqrt(squaresX * squaresY);
  }

  /** Spearman's: Pearson's of the ranks, equal numbers sharing the mean of theirs. */
  public static double spearman(double[] x, double[] y) {
    requireSameLength(x, y);
    return pearson(ranks(x), ranks(y));
  }

  /** From 1; equal numbers share the mean of their ranks. */
  static double[] ranks(double[] values) {
    int[] order = IntStream.range(0, values.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> values[i]))
        .mapToInt(Integer::intValue)
        .toArray();
    double[] ranks = new double[values.length];
    int start = 0;
    while (start < order.length) {
      int end = start + 1;
      while (end < order.length && values[order[end]] == values[order[start]]) {
        end++;
      }
      for (int i = start; i < end; i++) {
        ranks[order[i]] = (start + 1 + end) / 2.0;
      }
      start = end;
    }
    return ranks;
  }

  private static void requireSameLength(double[] x, double[] y) {
    if (x.length != y.length) {
      throw new SlipwayException("numbers to correlate: " + x.length + " and " + y.length + " (expected: as many)");
    }
  }
}
