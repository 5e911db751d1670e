package dev.slipway.operators;

import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Arithmetic on values that are known as dimensions; a single element stands for every element of the others. */
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

  /** Applies a function to each element of the first input. */
  static Optional<DimVector> unary(InferenceContext in, Function<Dim, Optional<Dim>> function) {
    return all(in, x -> function.apply(x.getFirst()));
  }

  /** Applies a function to both inputs. */
  static Optional<DimVector> binary(InferenceContext in, BinaryOperator<Dim> function) {
    return all(in, x -> Optional.of(function.apply(x.get(0), x.get(1))));
  }

  /** Folds all inputs into one. */
  static Optional<DimVector> fold(InferenceContext in, BinaryOperator<Dim> function) {
    return all(in, x -> x.stream().reduce(function));
  }

  /**
   * Applies a function to all inputs of a type that shapes have; unknown where the function does not know one element.
   */
  static Optional<DimVector> all(InferenceContext in, Function<List<Dim>, Optional<Dim>> function) {
    if (!DType.INDICES.contains(in.tensor(0).dtype())) {
      return Optional.empty();
    }
    List<DimVector> vectors =
        IntStream.range(0, in.inputCount()).mapToObj(in::dims).flatMap(Optional::stream).toList();
    return vectors.size() == in.inputCount() ? map(vectors, function) : Optional.empty();
  }

  /** Applies a function to all vectors. */
  static Optional<DimVector> map(List<DimVector> vectors, Function<List<Dim>, Optional<Dim>> function) {
    int count = 1;
    for (DimVector vector : vectors) {
      int size = vector.values().size();
      if (size != count && size != 1 && count != 1) {
        return Optional.empty();
      }
      count = size == 1 ? count : size;
    }
    List<Dim> values = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int element = i;
      List<Dim> operands = vectors.stream().map(v -> v.values().get(v.values().size() == 1 ? 0 : element)).toList();
      Optional<Dim> value = unlessTooLarge(function, operands);
      if (value.isEmpty()) {
        return Optional.empty();
      }
      values.add(value.get());
    }
    return Optional.of(new DimVector(values, vectors.stream().allMatch(DimVector::scalar)));
  }

  /** Numbers that overflow are data, not shapes. */
  static Optional<Dim> unlessTooLarge(Function<List<Dim>, Optional<Dim>> function, List<Dim> operands) {
    try {
      return function.apply(operands);
    } catch (ArithmeticException e) {
      return Optional.empty();
    }
  }

  /** Whether two dimensions are equal, where that is certain. */
  static Optional<Boolean> equal(Dim a, Dim b) {
    if (a.equals(b)) {
      return Optional.of(true);
    }
    OptionalLong difference = a.minus(b).known();
    boolean differ = difference.isPresent()
        || isNegative(a) && isNotNegative(b)
        || isNegative(b) && isNotNegative(a);
    return differ ? Optional.of(false) : Optional.empty();
  }

  static boolean isNotNegative(Dim dim) {
    return switch (dim) {
      case Dim.Known(long size) -> size >= 0;
      case Dim.Symbol symbol -> true;
      case Dim.Polynomial(List<Dim.Term> terms) -> terms.stream()
          .allMatch(term -> term.coefficient() >= 0 && term.atoms().stream().allMatch(DimArithmetic::isNotNegative));
      case Dim.FloorDiv(Dim a, Dim b) -> isNotNegative(a) && isNotNegative(b);
      case Dim.Max(Dim a, Dim b) -> isNotNegative(a) || isNotNegative(b);
      case Dim.Min(Dim a, Dim b) -> isNotNegative(a) && isNotNegative(b);
    };
  }

  private static boolean isNegative(Dim dim) {
    return dim instanceof Dim.Known(long size) && size < 0;
  }
}
