package dev.slipway.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** {@link NormalizationKernel} over the Vector API. */
record VectorNormalization(NormalizationSpec spec) implements NormalizationKernel {

  @Override
  public void run(long from, long to, int rows, long scale, long bias, long means, long deviations) {
    int length = spec.length();
    for (int row = 0; row < rows; row++) {
      long offset = (long) row * length * Float.BYTES;
      float mean = spec.centered() ? sum(from + offset, length) / length : 0;
      float variance = squares(from + offset, length, mean) / length;
      float inverse = (float) (1 / Math.sqrt(variance + spec.epsilon()));
      normalize(from + offset, to + offset, length, mean, inverse, scale, spec.biased() ? bias : 0);
      put(means, row, mean);
      put(deviations, row, inverse);
    }
  }

  private static void put(long moments, int row, float value) {
    if (moments != 0) {
      Memory.set(moments + (long) row * Float.BYTES, value);
    }
  }

  private static float sum(long from, int length) {
    int whole = length / Memory.LANES;
    FloatVector even = Lanes.load(
        from + (long) whole * Memory.VECTOR_BYTES, Lanes.first(length - whole * Memory.LANES));
    FloatVector odd = Lanes.zero();
    for (int i = 0; i + 1 < whole; i += 2) {
      even = even.add(Memory.load(from + (long) i * Memory.VECTOR_BYTES));
      odd = odd.add(Memory.load(from + (long) (i + 1) * Memory.VECTOR_BYTES));
    }
    if (whole % 2 == 1) {
      odd = odd.add(Memory.load(from + (long) (whole - 1) * Memory.VECTOR_BYTES));
    }
    return Lanes.sum(even.add(odd));
  }

  /** The sum of the squared distances from the mean. */
  private static float squares(long from, int length, float mean) {
    int whole = length / Memory.LANES;
    VectorMask<Float> tail = Lanes.first(length - whole * Memory.LANES);
    FloatVector last = Lanes.load(from + (long) whole * Memory.VECTOR_BYTES, tail).sub(mean);
    FloatVector even = Lanes.zero().blend(last.mul(last), tail);
    FloatVector odd = Lanes.zero();
    for (int i = 0; i + 1 < whole; i += 2) {
      FloatVector x = Memory.load(from + (long) i * Memory.VECTOR_BYTES).sub(mean);
      FloatVector y = Memory.load(from + (long) (i + 1) * Memory.VECTOR_BYTES).sub(mean);
      even = x.fma(x, even);
      odd = y.fma(y, odd);
    }
    if (whole % 2 == 1) {
      FloatVector x = Memory.load(from + (long) (whole - 1) * Memory.VECTOR_BYTES).sub(mean);
      odd = x.fma(x, odd);
    }
    return Lanes.sum(even.add(odd));
  }

  private static void normalize(long from, long to, int length, float mean, float inverse, long scale, long bias) {
    int whole = length / Memory.LANES;
    FloatVector factor = Lanes.all(inverse);
    if (bias == 0) {
      for (int i = 0; i < whole; i++) {
        long at = (long) i * Memory.VECTOR_BYTES;
        Memory.store(Memory.load(from + at).sub(mean).mul(factor).mul(Memory.load(scale + at)), to + at);
      }
    } else {
      for (int i = 0; i < whole; i++) {
        long at = (long) i * Memory.VECTOR_BYTES;
        FloatVector x = Memory.load(from + at).sub(mean).mul(factor);
        Memory.store(x.fma(Memory.load(scale + at), Memory.load(bias + at)), to + at);
      }
    }
    for (int i = whole * Memory.LANES; i < length; i++) {
      long at = (long) i * Float.BYTES;
      float x = (Memory.get(from + at) - mean) * inverse * Memory.get(scale + at);
      Memory.set(to + at, bias == 0 ? x : x + Memory.get(bias + at));
    }
  }
}
