package dev.slipway.operators;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.Arrays;

/** Element numbers along an axis, which count from the end where they are negative. */
final class Indices {
  private Indices() {}

  /** The index as a number from 0 on. */
  static long normalize(long index, long size) {
    if (index < -size || index >= size) {
      throw new SlipwayException("index: " + index + " (expected: " + -size + " to " + (size - 1) + ")");
    }
    return index < 0 ? index + size : index;
  }

  /** All indices as numbers from 0 on. */
  static long[] normalize(Tensor indices, long size) {
    return Arrays.stream(indices.toLongs()).map(index -> normalize(index, size)).toArray();
  }
}
