package dev.slipway.conformance;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Compares as ONNX's test runner does: numbers by |actual − expected| ≤ absolute + relative · |expected|, the types
 * that numpy does not know as numbers (bool, bfloat16, the types of 8 and fewer bits that ONNX adds) exactly. NaN
 * equals NaN. Source: onnx/backend/test/runner/__init__.py, assert_similar_outputs.
 */
record Comparison(double relative, double absolute) {
  static final Comparison DEFAULT = new Comparison(1e-3, 1e-7);

  /** What differs first; empty where nothing does. */
  Optional<String> difference(List<Datum> actual, List<Datum> expected) {
    if (actual.size() != expected.size()) {
      return Optional.of("outputs: " + actual.size() + " (expected: " + expected.size() + ")");
    }
    for (int i = 0; i < actual.size(); i++) {
      Optional<String> difference = difference(actual.get(i), expected.get(i));
      if (difference.isPresent()) {
        return Optional.of("output " + i + ": " + difference.get());
      }
    }
    return Optional.empty();
  }

  private Optional<String> difference(Datum actual, Datum expected) {
    return switch (expected) {
      case Tensor tensor when actual instanceof Tensor other -> difference(other, tensor);
      case Datum.Sequence(var type, List<Datum> elements) when actual instanceof Datum.Sequence other ->
          difference(other.elements(), elements);
      case Datum.Maybe(var type, Optional<Datum> value) when actual instanceof Datum.Maybe other ->
          difference(other.value().map(List::of).orElse(List.of()), value.map(List::of).orElse(List.of()));
      case Tensor _, Datum.Sequence _, Datum.Maybe _ ->
          Optional.of(actual.type() + " (expected: " + expected.type() + ")");
    };
  }

  private Optional<String> difference(Tensor actual, Tensor expected) {
    if (!actual.type().equals(expected.type())) {
      return Optional.of("type: " + actual.type() + " (expected: " + expected.type() + ")");
    }
    return switch (expected.dtype()) {
      case COMPLEX64 -> numbers(parts(actual, DType.FLOAT32), parts(expected, DType.FLOAT32));
      case COMPLEX128 -> numbers(parts(actual, DType.FLOAT64), parts(expected, DType.FLOAT64));
      default -> numbers(actual, expected);
    };
  }

  /** Complex numbers as pairs of real ones. */
  private static Tensor parts(Tensor complex, DType real) {
    return new Tensor(TensorType.of(real, complex.elementCount(), 2), complex.data());
  }

  private Optional<String> numbers(Tensor actual, Tensor expected) {
    boolean exact = !DType.NUMBERS.contains(expected.dtype()) || expected.dtype() == DType.BFLOAT16;
    long differing = 0;
    String first = "";
    long count = expected.elementCount();
    for (long i = 0; i < count; i++) {
      double a = actual.getDouble(i);
      double b = expected.getDouble(i);
      if (Double.isNaN(a) ? Double.isNaN(b) : a == b || close(a, b, exact)) {
        continue;
      }
      if (differing++ == 0) {
        first = "element " + i + ": " + a + " (expected: " + b + ")";
      }
    }
    return differing == 0
        ? Optional.empty()
        : Optional.of(first + "; " + differing + " of " + count + " elements differ");
  }

  private boolean close(double actual, double expected, boolean exact) {
    return !exact && !Double.isInfinite(expected)
        && Math.abs(actual - expected) <= absolute + relative * Math.abs(expected);
  }
}
