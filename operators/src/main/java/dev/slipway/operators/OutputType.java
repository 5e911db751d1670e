package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.Optional;
import java.util.Set;

/** The attribute that gives the element type of an output. */
final class OutputType {
  private OutputType() {}

  /** The type, or empty where the attribute is absent. */
  static Optional<DType> find(Attributes attributes, String name, Set<DType> accepts) {
    if (!attributes.has(name)) {
      return Optional.empty();
    }
    DType type = attributes.dtype(name);
    if (!accepts.contains(type)) {
      throw new InvalidGraphException(
          "attribute " + name + ": " + type + " (expected: one of " + accepts.stream().sorted().toList() + ")");
    }
    return Optional.of(type);
  }

  /** The input's shape with this element type, or with its own. */
  static TensorType like(TensorType input, Optional<DType> dtype) {
    return input.withDType(dtype.orElse(input.dtype()));
  }
}
