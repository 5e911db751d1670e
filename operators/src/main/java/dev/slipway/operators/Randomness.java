package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.random.RandomGenerator;

/** What the operators that draw random numbers share. */
final class Randomness {
  private Randomness() {}

  /** The source of randomness: its own for a seed, else that of the evaluation. */
  static RandomGenerator of(Optional<Float> seed, ReferenceContext ctx) {
    return seed.<RandomGenerator>map(value -> new SplittableRandom(Float.floatToIntBits(value))).orElseGet(ctx::random);
  }

  static Optional<Float> seed(Attributes attributes) {
    return attributes.find("seed", Float.class);
  }

  /** The sizes of a result. */
  static long[] shape(List<Long> shape) {
    if (shape.stream().anyMatch(size -> size < 0)) {
      throw new InvalidGraphException("attribute shape: " + shape + " (expected: sizes >= 0)");
    }
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  /** Fills a tensor. */
  static void fill(Tensor y, DoubleSupplier next) {
    long count = y.elementCount();
    for (long i = 0; i < count; i++) {
      y.setDouble(i, next.getAsDouble());
    }
  }
}
