package dev.slipway.operators;

import dev.slipway.graph.InvalidGraphException;

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
}
