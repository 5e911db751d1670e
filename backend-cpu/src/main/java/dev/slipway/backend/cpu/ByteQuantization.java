package dev.slipway.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The numbers between float32 and 8-bit integers: {@code q = saturate(round(x / scale) + zero point)}, halves to the
 * even number, and {@code x = (q - zero point) · scale}.
 *
 * @param signed whether the integers are int8, else uint8
 */
record ByteQuantization(float scale, int zeroPoint, boolean signed) {
  /** 1.5 * 2^23: adding it rounds to an integer, half to even, which then lies in the low bits. */
  private static final float ROUND = 12582912f;

  private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);

  private int lowest() {
    return signed ? Byte.MIN_VALUE : 0;
  }

  private int highest() {
    return signed ? Byte.MAX_VALUE : 0xff;
  }

  /** Writes {@code count} bytes for as many floats. */
  void quantize(long from, long to, int count) {
    int whole = Bytes.VECTORS ? count / Memory.LANES : 0;
    for (int i = 0; i < whole; i++) {
      Bytes.store(rounded(from + (long) i * Memory.VECTOR_BYTES), to + (long) i * Memory.LANES);
    }
    for (int i = whole * Memory.LANES; i < count; i++) {
      Bytes.set(to + i, quantize(Memory.get(from + (long) i * Float.BYTES)));
    }
  }

  private IntVector rounded(long from) {
    // To saturate before the rounding is the same, and keeps the sum below in the range where it rounds.
    FloatVector lowest = Lanes.all(lowest() - zeroPoint);
    FloatVector highest = Lanes.all(highest() - zeroPoint);
    FloatVector quotient = Memory.load(from).div(scale);
    quotient = quotient.blend(lowest, quotient.compare(VectorOperators.LT, lowest));
    quotient = quotient.blend(highest, quotient.compare(VectorOperators.GT, highest));
    return quotient.add(ROUND).reinterpretAsInts().sub(ROUND_BITS - zeroPoint);
  }

  /**
   * Writes for each pixel sixteen bytes, one from each of up to so many planes of floats, zeros behind them.
   *
   * @param planeBytes from a plane to the next
   */
  void quantizeBlock(long from, long planeBytes, int planes, long to, int pixels) {
    for (int pixel = 0; pixel < pixels; pixel++) {
      for (int plane = 0; plane < ChannelBytes.BLOCK; plane++) {
        long at = from + plane * planeBytes + (long) pixel * Float.BYTES;
        Bytes.set(
            to + (long) pixel * ChannelBytes.BLOCK + plane, plane < planes ? quantize(Memory.get(at)) : (byte) 0);
      }
    }
  }

  /** One number; NaN becomes 0. */
  byte quantize(float x) {
    double rounded = Math.rint(x / scale) + zeroPoint;
    return (byte) (long) Math.clamp(rounded, lowest(), highest());
  }

  /** Writes {@code count} floats for as many bytes. */
  void dequantize(long from, long to, int count) {
    int whole = Bytes.VECTORS ? count / Memory.LANES : 0;
    if (signed) {
      for (int i = 0; i < whole; i++) {
        store(Bytes.loadSigned(from + (long) i * Memory.LANES), to + (long) i * Memory.VECTOR_BYTES);
      }
    } else {
      for (int i = 0; i < whole; i++) {
        store(Bytes.loadUnsigned(from + (long) i * Memory.LANES), to + (long) i * Memory.VECTOR_BYTES);
      }
    }
    for (int i = whole * Memory.LANES; i < count; i++) {
      Memory.set(to + (long) i * Float.BYTES, (Bytes.get(from + i, signed) - zeroPoint) * scale);
    }
  }

  private void store(IntVector values, long to) {
    FloatVector centered = (FloatVector) values.sub(zeroPoint).convert(VectorOperators.I2F, 0);
    Memory.store(centered.mul(scale), to);
  }
}
