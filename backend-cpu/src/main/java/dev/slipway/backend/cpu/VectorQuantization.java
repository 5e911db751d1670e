package dev.slipway.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** {@link ByteQuantization} of whole vectors over the Vector API. */
final class VectorQuantization {
  /** 1.5 * 2^23: adding it rounds to an integer, half to even, which then lies in the low bits. */
  private static final float ROUND = 12582912f;

  private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);

  private VectorQuantization() {}

  /** Rounds, adds the zero point and saturates; NaN becomes the zero point at which the sum rounds. */
  static IntVector rounded(FloatVector steps, int lowest, int highest, int zeroPoint) {
    // To saturate before the rounding is the same, and keeps the sum below in the range where it rounds.
    FloatVector low = Lanes.all(lowest - zeroPoint);
    FloatVector high = Lanes.all(highest - zeroPoint);
    FloatVector bounded = steps.blend(low, steps.compare(VectorOperators.LT, low));
    bounded = bounded.blend(high, bounded.compare(VectorOperators.GT, high));
    return bounded.add(ROUND).reinterpretAsInts().sub(ROUND_BITS - zeroPoint);
  }

  /** The largest magnitude of so many floats; 0 where there are none. */
  static float magnitude(long from, int count) {
    int whole = count / Memory.LANES;
    FloatVector largest = Lanes.zero();
    for (int i = 0; i < whole; i++) {
      largest = largest.max(Memory.load(from + (long) i * Memory.VECTOR_BYTES).abs());
    }
    long behind = from + (long) whole * Memory.VECTOR_BYTES;
    float rest = ByteQuantization.magnitude(behind, count - whole * Memory.LANES);
    return Math.max(rest, largest.reduceLanes(VectorOperators.MAX));
  }

  /** Writes bytes for the floats of as many whole vectors as there are; gives the number of elements done. */
  static int quantize(ByteQuantization numbers, long from, long to, int count) {
    int whole = Bytes.VECTORS ? count / Memory.LANES : 0;
    for (int i = 0; i < whole; i++) {
      FloatVector steps = Memory.load(from + (long) i * Memory.VECTOR_BYTES).div(numbers.scale());
      Bytes.store(
          rounded(steps, numbers.lowest(), numbers.highest(), numbers.zeroPoint()), to + (long) i * Memory.LANES);
    }
    return whole * Memory.LANES;
  }

  /** Writes floats for the bytes of as many whole vectors as there are; gives the number of elements done. */
  static int dequantize(ByteQuantization numbers, long from, long to, int count) {
    int whole = Bytes.VECTORS ? count / Memory.LANES : 0;
    if (numbers.signed()) {
      for (int i = 0; i < whole; i++) {
        store(numbers, Bytes.loadSigned(from + (long) i * Memory.LANES), to + (long) i * Memory.VECTOR_BYTES);
      }
    } else {
      for (int i = 0; i < whole; i++) {
        store(numbers, Bytes.loadUnsigned(from + (long) i * Memory.LANES), to + (long) i * Memory.VECTOR_BYTES);
      }
    }
    return whole * Memory.LANES;
  }

  private static void store(ByteQuantization numbers, IntVector values, long to) {
    FloatVector centered = (FloatVector) values.sub(numbers.zeroPoint()).convert(VectorOperators.I2F, 0);
    Memory.store(centered.mul(numbers.scale()), to);
  }
}
