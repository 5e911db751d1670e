package dev.slipway.operators;

import dev.slipway.graph.InvalidGraphException;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Numpy broadcasting (ONNX "Multidirectional Broadcasting"). */
public final class Broadcast {
  private Broadcast() {}

  /**
   * The shape that all shapes broadcast to; unranked where one is. A symbol against a number other than 1 becomes the
   * number; two different symbols become the first one's maximum with the second.
   */
  public static Shape shape(List<Shape> shapes) {
    int rank = 0;
    for (Shape shape : shapes) {
      if (!shape.ranked()) {
        return Shape.UNRANKED;
      }
      rank = Math.max(rank, shape.rank());
    }
    List<Dim> dims = new ArrayList<>(rank);
    for (int axis = 0; axis < rank; axis++) {
      Dim result = Dim.ONE;
      for (Shape shape : shapes) {
        int own = axis - rank + shape.rank();
        if (own >= 0) {
          result = merge(result, shape.dim(own), shapes);
        }
      }
      dims.add(result);
    }
    return Shape.of(dims);
  }

  public static Shape shape(Shape... shapes) {
    return shape(List.of(shapes));
  }

  private static Dim merge(Dim a, Dim b, List<Shape> shapes) {
    if (a.equals(b) || b.is(1)) {
      return a;
    }
    if (a.is(1)) {
      return b;
    }
    if (a instanceof Dim.Known && b instanceof Dim.Known) {
      throw new InvalidGraphException("shapes: " + shapes + " (expected: dimensions that are equal or 1)");
    }
    if (a instanceof Dim.Known) {
      return a;
    }
    return b instanceof Dim.Known ? b : a.max(b);
  }

  /**
   * The index of the element of an operand that belongs to each element of the result, both row-major. One array
   * serves a reference evaluation; fast kernels walk strides.
   */
  public static int[] indices(Shape operand, Shape result) {
    long[] to = result.known();
    long[] from = operand.known();
    long[] strides = Shape.strides(from);
    int[] indices = new int[Math.toIntExact(Shape.product(to))];
    int offset = to.length - from.length;
    long[] position = new long[to.length];
    for (int i = 0; i < indices.length; i++) {
      long index = 0;
      for (int axis = 0; axis < from.length; axis++) {
        if (from[axis] != 1) {
          index += position[axis + offset] * strides[axis];
        }
      }
      indices[i] = (int) index;
      for (int axis = to.length - 1; axis >= 0 && ++position[axis] == to[axis]; axis--) {
        position[axis] = 0;
      }
    }
    return indices;
  }

  /** The index of the element of a tensor for each element of the result. */
  static int[] indices(Tensor operand, Tensor result) {
    return indices(operand.shape(), result.shape());
  }
}
