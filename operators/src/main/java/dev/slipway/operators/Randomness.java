package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
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

  static Optional<DType> dtype(Attributes attributes) {
    return attributes.has("dtype") ? Optional.of(attributes.dtype("dtype")) : Optional.empty();
  }

  /** The type of a result whose element type may be given. */
  static TensorType like(TensorType input, Optional<DType> dtype) {
    return input.withDType(dtype.orElse(input.dtype()));
  }

  /** Fills a tensor. */
  static void fill(Tensor y, DoubleSupplier next) {
    long count = y.elementCount();
    for (long i = 0; i < count; i++) {
      y.setDouble(i, next.getAsDouble());
    }
  }
}
