package dev.slipway.operators;

import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/** Refuses inputs of shapes that an operator cannot take; absent inputs and dimensions that are no numbers pass. */
final class ShapeCheck {
  private ShapeCheck() {}

  /** An input must have one of these shapes. */
  static void require(InferenceContext in, int port, String name, Shape... expected) {
    if (in.has(port)) {
      require(name, in.tensor(port).shape(), expected);
    }
  }

  /** A shape must be one of these. */
  static void require(String name, Shape actual, Shape... expected) {
    for (Shape shape : expected) {
      if (fits(actual, shape)) {
        return;
      }
    }
    List<String> alternatives = Arrays.stream(expected).distinct().map(Shape::toString).toList();
    throw new InvalidGraphException(
        "shape of " + name + ": " + actual + " (expected: " + String.join(" or ", alternatives) + ")");
  }

  /** An input must have one element. */
  static void requireSingle(InferenceContext in, int port, String name) {
    require(in, port, name, Shape.SCALAR, Shape.of(1));
  }

  /** An input must have one element, or so many. */
  static void requireSingleOr(InferenceContext in, int port, String name, Dim count) {
    require(in, port, name, Shape.SCALAR, Shape.of(1), Shape.of(count));
  }

  /** An input must broadcast to this shape without changing it. */
  static void requireBroadcast(InferenceContext in, int port, String name, Shape target) {
    if (in.has(port) && !broadcasts(in.tensor(port).shape(), target)) {
      throw new InvalidGraphException(
          "shape of " + name + ": " + in.tensor(port).shape() + " (expected: one that broadcasts to " + target + ")");
    }
  }

  static boolean broadcasts(Shape actual, Shape target) {
    if (!actual.ranked() || !target.ranked()) {
      return true;
    }
    if (actual.rank() > target.rank()) {
      return false;
    }
    for (int axis = 1; axis <= actual.rank(); axis++) {
      if (!actual.dim(-axis).is(1) && !fits(actual.dim(-axis), target.dim(-axis))) {
        return false;
      }
    }
    return true;
  }

  private static boolean fits(Shape actual, Shape expected) {
    if (!actual.ranked() || !expected.ranked()) {
      return true;
    }
    if (actual.rank() != expected.rank()) {
      return false;
    }
    for (int axis = 0; axis < actual.rank(); axis++) {
      if (!fits(actual.dim(axis), expected.dim(axis))) {
        return false;
      }
    }
    return true;
  }

  private static boolean fits(Dim actual, Dim expected) {
    return !(actual instanceof Dim.Known) || !(expected instanceof Dim.Known) || actual.equals(expected);
  }
}
