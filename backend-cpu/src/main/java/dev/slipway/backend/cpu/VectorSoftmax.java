package dev.slipway.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** {@link SoftmaxKernel} over the Vector API. */
record VectorSoftmax(SoftmaxSpec spec, VectorFunctions functions) implements SoftmaxKernel {

  @Override
  public void run(long from, long to, long stride, int length, int rows, long mask, long maskStride) {
    for (int row = 0; row < rows; row++) {
      row(from + row * stride, to + row * stride, length, mask + row * maskStride);
    }
  }

  private void row(long from, long to, int length, long mask) {
    boolean changes = spec.masked() || spec.scale() != 1;
    if (changes) {
      change(from, to, length, mask);
    }
    long source = changes ? to : from;
    float highest = highest(source, length);
    if (spec.closedToZero() && highest == Float.NEGATIVE_INFINITY) {
      Memory.clear(to, (long) length * Float.BYTES);
    } else {
      softmax(source, to, length, highest);
    }
  }

  /** Scales and adds the mask. */
  private void change(long from, long to, int length, long mask) {
    int whole = length / Memory.LANES;
    for (int i = 0; i < whole; i++) {
      long at = (long) i * Memory.VECTOR_BYTES;
      FloatVector x = Memory.load(from + at).mul(spec.scale());
      Memory.store(spec.masked() ? x.add(Memory.load(mask + at)) : x, to + at);
    }
    long rest = (long) whole * Memory.VECTOR_BYTES;
    VectorMask<Float> tail = Lanes.first(length - whole * Memory.LANES);
    FloatVector x = Lanes.load(from + rest, tail).mul(spec.scale());
    Lanes.store(spec.masked() ? x.add(Lanes.load(mask + rest, tail)) : x, to + rest, tail);
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
