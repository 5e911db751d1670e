package dev.slipway.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Reading and writing one element of any type. */
final class Elements {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Elements() {}

  static double getDouble(MemorySegment data, DType type, long index) {
    return switch (type) {
      case FLOAT32 -> Float.intBitsToFloat(data.get(INT, index * 4));
      case FLOAT64 -> Double.longBitsToDouble(data.get(LONG, index * 8));
      case FLOAT16 -> Float.float16ToFloat(data.get(SHORT, index * 2));
      case BFLOAT16 -> Float.intBitsToFloat(data.get(SHORT, index * 2) << 16);
      case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT8E8M0, FLOAT4E2M1 ->
          MiniFloat.of(type).decode((int) bits(data, type, index));
      case UINT64 -> unsignedToDouble(data.get(LONG, index * 8));
      default -> getLong(data, type, index);
    };
  }

  static void setDouble(MemorySegment data, DType type, long index, double value) {
    switch (type) {
      case FLOAT32 -> data.set(INT, index * 4, Float.floatToRawIntBits((float) value));
      case FLOAT64 -> data.set(LONG, index * 8, Double.doubleToRawLongBits(value));
      case FLOAT16 -> data.set(SHORT, index * 2, Rounding.toFloat16(value));
      case BFLOAT16 -> data.set(SHORT, index * 2, Rounding.toBFloat16(value));
      case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT8E8M0, FLOAT4E2M1 ->
          setBits(data, type, index, MiniFloat.of(type).encode(value, true));
      case BOOL -> data.set(BYTE, index, (byte) (value != 0 ? 1 : 0));
      case UINT64 -> data.set(LONG, index * 8, doubleToUnsigned(value));
      default -> setLong(data, type, index, (long) value);
    }
  }

  static long getLong(MemorySegment data, DType type, long index) {
    return switch (type) {
      case UINT8 -> data.get(BYTE, index) & 0xFF;
      case INT8 -> data.get(BYTE, index);
      case BOOL -> data.get(BYTE, index) != 0 ? 1 : 0;
      case UINT16 -> data.get(SHORT, index * 2) & 0xFFFF;
      case INT16 -> data.get(SHORT, index * 2);
      case INT32 -> data.get(INT, index * 4);
      case UINT32 -> data.get(INT, index * 4) & 0xFFFFFFFFL;
      case INT64, UINT64 -> data.get(LONG, index * 8);
      case UINT4, UINT2 -> bits(data, type, index);
      case INT4, INT2 -> bits(data, type, index) << (64 - type.bits()) >> (64 - type.bits());
      case COMPLEX64, COMPLEX128, STRING ->
          throw new SlipwayException("element type: " + type + " (expected: a real number)");
      default -> (long) getDouble(data, type, index);
    };
  }

  static void setLong(MemorySegment data, DType type, long index, long value) {
    switch (type) {
      case UINT8, INT8 -> data.set(BYTE, index, (byte) value);
      case BOOL -> data.set(BYTE, index, (byte) (value != 0 ? 1 : 0));
      case UINT16, INT16 -> data.set(SHORT, index * 2, (short) value);
      case INT32, UINT32 -> data.set(INT, index * 4, (int) value);
      case INT64, UINT64 -> data.set(LONG, index * 8, value);
      case UINT4, INT4, UINT2, INT2 -> setBits(data, type, index, value);
      case COMPLEX64, COMPLEX128, STRING ->
          throw new SlipwayException("element type: " + type + " (expected: a real number)");
      default -> setDouble(data, type, index, value);
    }
  }

  /** The bits of an element of at most 8. */
  private static long bits(MemorySegment data, DType type, long index) {
    int width = type.bits();
    long bit = index * width;
    return (data.get(BYTE, bit >> 3) & 0xFF) >> (bit & 7) & ((1 << width) - 1);
  }

  private static void setBits(MemorySegment data, DType type, long index, long value) {
    int width = type.bits();
    long bit = index * width;
    int shift = (int) (bit & 7);
    int mask = (1 << width) - 1;
    int old = data.get(BYTE, bit >> 3);
    data.set(BYTE, bit >> 3, (byte) (old & ~(mask << shift) | ((int) value & mask) << shift));
  }

  private static double unsignedToDouble(long bits) {
    return bits >= 0 ? bits : ((bits >>> 1) | (bits & 1)) * 2.0;
  }

  private static long doubleToUnsigned(double value) {
    return value < 0x1p63 ? (long) value : (long) (value - 0x1p63) + Long.MIN_VALUE;
  }
}
