package dev.slipway.cli;

import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * How far an output is from what was expected.
 *
 * @param maxAbs the largest absolute difference
 * @param maxRel the largest difference relative to the expected element, elements that are to be 0 not counted
 * @param cosine the cosine of the angle between both as vectors
 * @param exceeding elements with a difference above atol + rtol * |expected|
 * @param elements that were compared
 * @param mismatch how types or shapes differ, empty where they do not
 */
record OutputError(double maxAbs, double maxRel, double cosine, long exceeding, long elements, String mismatch) {

  /**
   * Compares element by element; NaN equals NaN. The relative tolerance applies to floating-point elements only, so
   * that class numbers are not equal because they are large.
   */
  static OutputError between(Datum actual, Datum expected, double rtol, double atol) {
    return switch (expected) {
      case Tensor tensor -> actual instanceof Tensor other
          ? tensors(other, tensor, rtol, atol)
          : unlike(actual, expected);
      case Datum.Sequence(var type, List<Datum> elements) -> actual instanceof Datum.Sequence other
          && other.elements().size() == elements.size()
          ? all(other.elements(), elements, rtol, atol)
          : unlike(actual, expected);
      case Datum.Maybe(var type, Optional<Datum> value) -> actual instanceof Datum.Maybe other
          && other.value().isPresent() == value.isPresent()
          ? all(other.value().stream().toList(), value.stream().toList(), rtol, atol)
          : unlike(actual, expected);
    };
  }

  private static OutputError unlike(Datum actual, Datum expected) {
    return new OutputError(
        Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, 0, 0, 0,
        actual.type() + " (expected: " + expected.type() + ")");
  }

  private static OutputError all(List<Datum> actual, List<Datum> expected, double rtol, double atol) {
    OutputError worst = new OutputError(0, 0, 1, 0, 0, "");
    for (int i = 0; i < expected.size(); i++) {
      OutputError next = between(actual.get(i), expected.get(i), rtol, atol);
      worst = new OutputError(
          Math.max(worst.maxAbs, next.maxAbs),
          Math.max(worst.maxRel, next.maxRel),
          Math.min(worst.cosine, next.cosine),
          worst.exceeding + next.exceeding,
          worst.elements + next.elements,
          worst.mismatch.isEmpty() ? next.mismatch : worst.mismatch);
    }
    return worst;
  }

  private static OutputError tensors(Tensor actual, Tensor expected, double rtol, double atol) {
    if (!actual.type().equals(expected.type())) {
      return unlike(actual, expected);
    }
    double relative = expected.dtype().isFloat() ? rtol : 0;
    double maxAbs = 0;
    double maxRel = 0;
    double dot = 0;
    double actualSquares = 0;
    double expectedSquares = 0;
    long exceeding = 0;
    long count = expected.elementCount();
    for (long i = 0; i < count; i++) {
      double a = actual.getDouble(i);
      double e = expected.getDouble(i);
      if (a == e || Double.isNaN(a) && Double.isNaN(e)) {
        double finite = Double.isFinite(e) ? e : 0;
        dot += finite * finite;
        actualSquares += finite * finite;
        expectedSquares += finite * finite;
        continue;
      }
      dot += a * e;
      actualSquares += a * a;
      expectedSquares += e * e;
      double difference = Math.abs(a - e);
      if (Double.isNaN(difference)) {
        difference = Double.POSITIVE_INFINITY;
      }
      maxAbs = Math.max(maxAbs, difference);
      maxRel = e == 0 ? maxRel : Math.max(maxRel, difference / Math.abs(e));
      exceeding += difference <= atol + relative * Math.abs(e) ? 0 : 1;
    }
    double lengths = Math.sqrt(actualSquares) * Math.sqrt(expectedSquares);
    double cosine = lengths == 0 ? (actualSquares == expectedSquares ? 1 : 0) : dot / lengths;
    return new OutputError(maxAbs, maxRel, Double.isNaN(cosine) ? 0 : cosine, exceeding, count, "");
  }

  /** Whether types are equal and no element exceeds the tolerances. */
  boolean isWithinTolerance() {
    return mismatch.isEmpty() && exceeding == 0;
  }

  /** Whether types are equal and the cosine is not under the least. */
  boolean isWithinCosine(double least) {
    return mismatch.isEmpty() && cosine >= least;
  }

  /** What is wrong, in words. */
  String verdict(boolean passed) {
    if (!mismatch.isEmpty()) {
      return "FAILED: " + mismatch;
    }
    if (passed) {
      return "passed";
    }
    return exceeding == 0 ? "FAILED" : "FAILED: " + exceeding + " of " + elements + " elements";
  }
}
