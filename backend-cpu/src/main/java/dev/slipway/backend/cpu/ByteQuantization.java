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
   * Writes for each pixel a word of unsigned bytes, one from each of up to four planes of floats, zeros above.
   *
   * @param planeBytes from a plane to the next
   * @param planes 0 to 4
   * @param toStep bytes from a word to the next
   * @param words memory of a vector
   */
  void interleave(long from, long planeBytes, int planes, long to, int toStep, int count, long words) {
    int whole = count / Memory.LANES;
    for (int i = 0; i < whole; i++) {
      IntVector word = IntVector.zero(Bytes.INTS);
      for (int plane = 0; plane < planes; plane++) {
        IntVector bytes = rounded(from + plane * planeBytes + (long) i * Memory.VECTOR_BYTES);
        word = word.or(bytes.and(0xff).lanewise(VectorOperators.LSHL, plane * Byte.SIZE));
      }
      Bytes.storeInts(word, words);
      for (int lane = 0; lane < Memory.LANES; lane++) {
        long target = to + ((long) i * Memory.LANES + lane) * toStep;
        Memory.setInt(target, Memory.getInt(words + (long) lane * Integer.BYTES));
      }
    }
    for (int i = whole * Memory.LANES; i < count; i++) {
      int word = 0;
      for (int plane = 0; plane < planes; plane++) {
        int rounded = quantize(Memory.get(from + plane * planeBytes + (long) i * Float.BYTES)) & 0xff;
        word |= rounded << plane * Byte.SIZE;
      }
      Memory.setInt(to + (long) i * toStep, word);
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
