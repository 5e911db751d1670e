package dev.slipway.operators;

import dev.slipway.graph.InvalidGraphException;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;

/** Axis numbers, which count from the end where they are negative. */
final class Axes {
  private Axes() {}

  /** The axis as a number from 0 on. */
  static int normalize(long axis, int rank) {
    if (axis < -rank || axis >= rank) {
      throw new InvalidGraphException("axis: " + axis + " (expected: " + -rank + " to " + (rank - 1) + ")");
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }

  /** All axes as numbers from 0 on; none may occur twice. */
  static int[] normalize(long[] axes, int rank) {
    int[] normal = new int[axes.length];
    boolean[] seen = new boolean[rank];
    for (int i = 0; i < axes.length; i++) {
      normal[i] = normalize(axes[i], rank);
      if (seen[normal[i]]) {
        throw new InvalidGraphException("axes: " + normal[i] + " twice (expected: each axis once)");
      }
      seen[normal[i]] = true;
    }
    return normal;
  }

  /** The offsets of all positions along the axes whose flag is {@code which}. */
  static int[] offsets(Tensor x, boolean[] flags, boolean which) {
    long[] dims = x.dims();
    long[] strides = Shape.strides(dims);
    int[] offsets = {0};
    for (int axis = 0; axis < dims.length; axis++) {
      if (flags[axis] == which) {
        int[] longer = new int[Math.toIntExact(offsets.length * dims[axis])];
        for (int i = 0; i < longer.length; i++) {
          longer[i] = (int) (offsets[(int) (i / dims[axis])] + i % dims[axis] * strides[axis]);
        }
        offsets = longer;
      }
    }
    return offsets;
  }
}
