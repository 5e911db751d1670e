package dev.slipway.onnx;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** The graph around a node that is being upgraded: what its inputs are, and how to put something before it. */
record UpgradeContext(GraphBuilder builder, String node) {

  /** A new constant. */
  ValueId constant(String port, Tensor tensor) {
    return builder.constant(node + "." + port, tensor);
  }

  /** A new int64 vector. */
  ValueId vector(String port, List<Long> values) {
    return constant(port, Tensor.vector(values.stream().mapToLong(Long::longValue).toArray()));
  }

  Optional<Tensor> constant(ValueId id) {
    return builder.constant(id);
  }

  TensorType type(ValueId id) {
    if (builder.type(id) instanceof TensorType tensor) {
      return tensor;
    }
    throw new InvalidGraphException("input: " + builder.type(id) + " (expected: a tensor)");
  }

  DType dtype(ValueId id) {
    return type(id).dtype();
  }

  Shape shape(ValueId id) {
    return type(id).shape();
  }

  /**
   * The rank of an input.
   *
   * @throws InvalidGraphException where it is not known
   */
  int rank(ValueId id) {
    Shape shape = shape(id);
    if (!shape.ranked()) {
      throw new InvalidGraphException("input of unknown rank (expected: a known rank, which the older form needs)");
    }
    return shape.rank();
  }

  /** A node before the upgraded one, in the newest form. */
  ValueId add(String operator, Attributes attributes, ValueId... ids) {
    return builder
        .add(node + "." + operator, Operators.get(operator).create(attributes), List.of(ids), List.of(""))
        .getFirst();
  }
}
