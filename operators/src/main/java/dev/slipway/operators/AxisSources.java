package dev.slipway.operators;

import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.LongStream;

/** Copies such that each axis of the output says for itself which element of that axis of the input it takes. */
final class AxisSources {
  private AxisSources() {}

  /** Each element from its own place. */
  static long[][] identity(long... dims) {
    return Arrays.stream(dims).mapToObj(size -> LongStream.range(0, size).toArray()).toArray(long[][]::new);
  }

  /**
   * Fills y.
   *
   * @param sources for each axis and each of its output elements the input element, or -1 for the fill value
   */
  static void gather(Tensor x, Tensor y, long[][] sources, Tensor fill) {
    long[] strides = Shape.strides(x.dims());
    long[] position = new long[sources.length];
    long count = y.elementCount();
    for (long i = 0; i < count; i++) {
      long index = 0;
      boolean inside = true;
      for (int axis = 0; axis < sources.length && inside; axis++) {
        long source = sources[axis][(int) position[axis]];
        inside = source >= 0;
        index += source * strides[axis];
      }
      ElementCopy.copy(inside ? x : fill, inside ? index : 0, y, i);
      for (int axis = sources.length - 1; axis >= 0 && ++position[axis] == sources[axis].length; axis--) {
        position[axis] = 0;
      }
    }
  }
}
