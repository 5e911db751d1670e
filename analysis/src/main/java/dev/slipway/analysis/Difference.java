package dev.slipway.analysis;

import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How far a tensor is from what is expected. NaN equals NaN, and an infinity itself.
 *
 * @param maxAbs the largest absolute difference; infinite where one of two elements is not finite
 * @param meanAbs the mean absolute difference
 * @param maxRelative the largest absolute difference relative to the largest magnitude that is expected
 * @param relative the norm of the differences relative to that of what is expected (L2)
 * @param cosine the cosine of the angle between both as vectors
 * @param differing elements that are not equal
 * @param elements all elements
 * @param decades elements by the decade of their difference relative to the largest magnitude: equal, below
 *     10⁻⁹, from 10⁻⁹ to 10⁻⁸, ..., from 0.1 to 1, above
 */
public record Difference(
    double maxAbs,
    double meanAbs,
    double maxRelative,
    double relative,
    double cosine,
    long differing,
    long elements,
    List<Long> decades) {
  private static final int SMALLEST_DECADE = -9;
  private static final int DECADES = 3 - SMALLEST_DECADE;

  public Difference {
    decades = List.copyOf(decades);
  }

  /** Compares two tensors of one shape, contiguous both; element types may differ. */
  public static Difference between(Tensor actual, Tensor expected) {
    if (!Arrays.equals(actual.dims(), expected.dims())) {
      throw new IllegalArgumentException("shapes: " + actual.type() + " (expected: " + expected.type() + ")");
    }
    double[] a = actual.toDoubles();
    double[] e = expected.toDoubles();
    double magnitude = 0;
    for (double value : e) {
      magnitude = Double.isFinite(value) ? Math.max(magnitude, Math.abs(value)) : magnitude;
    }
    return new Sums(Math.max(magnitude, Double.MIN_NORMAL)).of(a, e);
  }

  /** Signal to noise in decibels: infinite where nothing differs. */
  public double snr() {
    return -20 * Math.log10(relative);
  }

  /** The histogram on one line, {@code equal 120, <1e-7 3, <1e-6 1}. */
  public String histogram() {
    List<String> bins = new ArrayList<>();
    for (int i = 0; i < decades.size(); i++) {
      if (decades.get(i) > 0) {
        bins.add(bin(i) + " " + decades.get(i));
      }
    }
    return String.join(", ", bins);
  }

  /** The range of differences that an entry of {@link #decades} counts. */
  public static String bin(int index) {
    if (index == 0) {
      return "equal";
    }
    return index == DECADES - 1 ? ">=1" : "<" + String.format(Locale.ROOT, "1e%d", SMALLEST_DECADE + index - 1);
  }

  /** Collects over the elements. */
  private static final class Sums {
    private final double magnitude;
    private final Long[] decades = new Long[DECADES];
    private double largest;
    private double sum;
    private double squares;
    private double dot;
    private double actualSquares;
    private double expectedSquares;
    private long differing;

    Sums(double magnitude) {
      this.magnitude = magnitude;
      Arrays.fill(decades, 0L);
    }

    Difference of(double[] actual, double[] expected) {
      for (int i = 0; i < expected.length; i++) {
        add(actual[i], expected[i]);
      }
      int count = Math.max(expected.length, 1);
      double relative = squares == 0 ? 0 : Math.sqrt(squares / Math.max(expectedSquares, Double.MIN_NORMAL));
      double lengths = Math.sqrt(actualSquares) * Math.sqrt(expectedSquares);
      double cosine = lengths > 0 ? dot / lengths : actualSquares == expectedSquares ? 1 : 0;
      return new Difference(largest, sum / count, largest / magnitude, relative, Double.isNaN(cosine) ? 0 : cosine,
          differing, expected.length, Arrays.asList(decades));
    }

    private void add(double a, double e) {
      if (a == e || Double.isNaN(a) && Double.isNaN(e)) {
        double finite = Double.isFinite(e) ? e : 0;
        dot += finite * finite;
        actualSquares += finite * finite;
        expectedSquares += finite * finite;
        decades[0]++;
        return;
      }
      double distance = Math.abs(a - e);
      distance = Double.isNaN(distance) ? Double.POSITIVE_INFINITY : distance;
      differing++;
      largest = Math.max(largest, distance);
      sum += distance;
      squares += distance * distance;
      dot += a * e;
      actualSquares += a * a;
      expectedSquares += e * e;
      int decade = (int) Math.floor(Math.log10(distance / magnitude));
      decades[Math.clamp((long) decade - SMALLEST_DECADE + 2, 1, DECADES - 1)]++;
    }
  }
}
