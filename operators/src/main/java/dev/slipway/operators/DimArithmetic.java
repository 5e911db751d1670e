package dev.slipway.operators;

import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.tensor.Dim;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BinaryOperator;

/** Arithmetic on values that are known as dimensions. */
final class DimArithmetic {

  /** Longer vectors are data, not shapes. */
  static final int LONGEST = 64;

  private DimArithmetic() {}

  /** A vector over and over; empty where it becomes too long. A shape without axes makes a scalar of it. */
  static Optional<DimVector> repeat(List<Dim> values, long... times) {
    long count = times.length == 0 ? 1 : times[0];
    if (count < 0 || count > LONGEST || count * values.size() > LONGEST) {
      return Optional.empty();
    }
    List<Dim> repeated = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      repeated.addAll(values);
    }
    return Optional.of(new DimVector(repeated, times.length == 0));
  }

  /** Applies a function to both inputs, a scalar or a single element against every element of the other. */
  static Optional<DimVector> binary(InferenceContext in, BinaryOperator<Dim> function) {
    if (!in.tensor(0).dtype().isInteger()) {
      return Optional.empty();
    }
    Optional<DimVector> left = in.dims(0);
    Optional<DimVector> right = in.dims(1);
    if (left.isEmpty() || right.isEmpty()) {
      return Optional.empty();
    }
    List<Dim> a = left.get().values();
    List<Dim> b = right.get().values();
    if (a.size() != b.size() && a.size() != 1 && b.size() != 1) {
      return Optional.empty();
    }
    int count = a.size() == 1 ? b.size() : a.size();
    List<Dim> values = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      values.add(function.apply(a.get(a.size() == 1 ? 0 : i), b.get(b.size() == 1 ? 0 : i)));
    }
    return Optional.of(new DimVector(values, left.get().scalar() && right.get().scalar()));
  }
}
