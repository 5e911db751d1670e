package dev.slipway.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** {@link SoftmaxKernel} over the Vector API. */
record VectorSoftmax(SoftmaxSpec spec, VectorFunctions functions) implements SoftmaxKernel {

  @Override
  public void run(long from, long to, long stride, int length, int rows) {
    for (int row = 0; row < rows; row++) {
      row(from + row * stride, to + row * stride, length);
    }
  }

  private void row(long from, long to, int length) {
    float highest = highest(from, length);
    if (spec.closedToZero() && highest == Float.NEGATIVE_INFINITY) {
      Memory.clear(to, (long) length * Float.BYTES);
    } else {
      softmax(from, to, length, highest);
    }
  }

  /** The largest element; NaN where one is. */
  static float highest(long from, int length) {
    int whole = length / Memory.LANES;
    VectorMask<Float> tail = Lanes.first(length - whole * Memory.LANES);
    FloatVector lowest = Lanes.all(Float.NEGATIVE_INFINITY);
    FloatVector highest = lowest.blend(Lanes.load(from + (long) whole * Memory.VECTOR_BYTES, tail), tail);
    for (int i = 0; i < whole; i++) {
      highest = highest.max(Memory.load(from + (long) i * Memory.VECTOR_BYTES));
    }
    return highest.reduceLanes(VectorOperators.MAX);
  }

  private void softmax(long from, long to, int length, float highest) {
    int whole = length / Memory.LANES;
    long rest = (long) whole * Memory.VECTOR_BYTES;
    VectorMask<Float> tail = Lanes.first(length - whole * Memory.LANES);
    for (int i = 0; i < whole; i++) {
      long at = (long) i * Memory.VECTOR_BYTES;
      Memory.store(Memory.load(from + at).sub(highest), to + at);
    }
    Lanes.store(Lanes.load(from + rest, tail).sub(highest), to + rest, tail);
    functions.exp(to, to, length);
    FloatVector sums = Lanes.load(to + rest, tail);
    for (int i = 0; i < whole; i++) {
      sums = sums.add(Memory.load(to + (long) i * Memory.VECTOR_BYTES));
    }
    float factor = 1 / Lanes.sum(sums);
    for (int i = 0; i < whole; i++) {
      long at = (long) i * Memory.VECTOR_BYTES;
      Memory.store(Memory.load(to + at).mul(factor), to + at);
    }
    Lanes.store(Lanes.load(to + rest, tail).mul(factor), to + rest, tail);
  }
}
