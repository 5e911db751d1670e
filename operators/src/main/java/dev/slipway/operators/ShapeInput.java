package dev.slipway.operators;

import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.Optional;
import java.util.stream.IntStream;

/** Inputs that carry shapes, axes and other short lists of integers. */
final class ShapeInput {
  private ShapeInput() {}

  /** The shape that an input spells out; dimensions that are not known are fresh, unranked where nothing is known. */
  static Shape of(InferenceContext in, int port) {
    Optional<DimVector> dims = dims(in, port);
    if (dims.isPresent()) {
      return Shape.of(dims.get().values());
    }
    return length(in, port).map(rank -> fresh(in, rank)).orElse(Shape.UNRANKED);
  }

  /** The numbers of an input as dimensions, where they are known. */
  static Optional<DimVector> dims(InferenceContext in, int port) {
    requireVector(in.tensor(port).shape());
    return in.dims(port);
  }

  private static void requireVector(Shape shape) {
    if (shape.ranked() && shape.rank() > 1) {
      throw new InvalidGraphException("numbers of shape " + shape + " (expected: one axis)");
    }
  }

  /** How many numbers an input holds, where that is known. */
  static Optional<Integer> length(InferenceContext in, int port) {
    Shape shape = in.tensor(port).shape();
    requireVector(shape);
    return shape.isKnown() ? Optional.of(Math.toIntExact(shape.elementCount())) : Optional.empty();
  }

  /** A shape of this rank of which no dimension is known. */
  static Shape fresh(InferenceContext in, int rank) {
    return Shape.of(IntStream.range(0, rank).mapToObj(axis -> in.freshDim("d" + axis)).toList());
  }

  /** A shape with these axes unknown and the others kept. */
  static Shape fresh(InferenceContext in, Shape shape, int... axes) {
    Shape changed = shape;
    for (int axis : axes) {
      changed = changed.with(axis, in.freshDim("d" + axis));
    }
    return changed;
  }

  /** The integers of an input of any length, where all are known. */
  static Optional<long[]> integers(InferenceContext in, int port) {
    requireVector(in.tensor(port).shape());
    Optional<long[]> constant = in.constant(port).map(Tensor::toLongs);
    return constant.isPresent() ? constant : in.integers(port);
  }

  /** The axes that an optional input names, all axes where it is absent, empty where they are not known. */
  static Optional<int[]> axes(InferenceContext in, int port, int rank) {
    return in.has(port)
        ? integers(in, port).map(axes -> Axes.normalize(axes, rank))
        : Optional.of(IntStream.range(0, rank).toArray());
  }
}
