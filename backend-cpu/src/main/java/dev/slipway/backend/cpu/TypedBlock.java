package dev.slipway.backend.cpu;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.Rounding;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.Set;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Blocks of elements of any type on their way to and from blocks of doubles or longs at absolute addresses. */
final class TypedBlock {
  /** The types that blocks are read from and written to. */
  static final Set<DType> TYPES = EnumSet.of(
      DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16, DType.BOOL, DType.INT8, DType.UINT8, DType.INT16,
      DType.UINT16, DType.INT32, DType.UINT32, DType.INT64);

  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED;

  private TypedBlock() {}

  static double getDouble(long address) {
    return Memory.ALL.get(DOUBLE, address & Memory.ADDRESS_MASK);
  }

  static void setDouble(long address, double value) {
    Memory.ALL.set(DOUBLE, address & Memory.ADDRESS_MASK, value);
  }

  static long getLong(long address) {
    return Memory.ALL.get(Memory.LONG, address & Memory.ADDRESS_MASK);
  }

  static void setLong(long address, long value) {
    Memory.ALL.set(Memory.LONG, address & Memory.ADDRESS_MASK, value);
  }

  private static short getShort(long address) {
    return Memory.ALL.get(SHORT, address & Memory.ADDRESS_MASK);
  }

  private static void setShort(long address, short value) {
    Memory.ALL.set(SHORT, address & Memory.ADDRESS_MASK, value);
  }

  private static int getInt(long address) {
    return Memory.ALL.get(INT, address & Memory.ADDRESS_MASK);
  }

  private static void setInt(long address, int value) {
    Memory.ALL.set(INT, address & Memory.ADDRESS_MASK, value);
  }

  /** Converts int32 to the nearest float32. */
  static void intsToFloats(long from, long to, int count) {
    int whole = count / Memory.LANES;
    for (int i = 0; i < whole; i++) {
      FloatVector values = (FloatVector) Bytes.loadInts(from + (long) i * Memory.VECTOR_BYTES)
          .convert(VectorOperators.I2F, 0);
      Memory.store(values, to + (long) i * Memory.VECTOR_BYTES);
    }
    for (int i = whole * Memory.LANES; i < count; i++) {
      Memory.set(to + 4L * i, getInt(from + 4L * i));
    }
  }

  /**
   * Reads a run of elements.
   *
   * @param step elements from one to the next: 0 repeats one
   * @param to doubles
   */
  static void loadDoubles(DType type, long from, int step, long to, int count) {
    switch (type) {
      case FLOAT32 -> {
        for (int i = 0; i < count; i++) {
          setDouble(to + 8L * i, Memory.get(from + 4L * step * i));
        }
      }
      case FLOAT64 -> {
        for (int i = 0; i < count; i++) {
          setDouble(to + 8L * i, getDouble(from + 8L * step * i));
        }
      }
      case FLOAT16 -> {
        for (int i = 0; i < count; i++) {
          setDouble(to + 8L * i, Float.float16ToFloat(getShort(from + 2L * step * i)));
        }
      }
      case BFLOAT16 -> {
        for (int i = 0; i < count; i++) {
          setDouble(to + 8L * i, Float.intBitsToFloat(getShort(from + 2L * step * i) << Short.SIZE));
        }
      }
      default -> {
        loadLongs(type, from, step, to, count);
        for (int i = 0; i < count; i++) {
          setDouble(to + 8L * i, getLong(to + 8L * i));
        }
      }
    }
  }

  /** Reads a run of integers or bools to longs. */
  static void loadLongs(DType type, long from, int step, long to, int count) {
    switch (type) {
      case BOOL -> {
        for (int i = 0; i < count; i++) {
          setLong(to + 8L * i, Bytes.get(from + (long) step * i) != 0 ? 1 : 0);
        }
      }
      case INT8, UINT8 -> {
        boolean signed = type == DType.INT8;
        for (int i = 0; i < count; i++) {
          setLong(to + 8L * i, Bytes.get(from + (long) step * i, signed));
        }
      }
      case INT16 -> {
        for (int i = 0; i < count; i++) {
          setLong(to + 8L * i, getShort(from + 2L * step * i));
        }
      }
      case UINT16 -> {
        for (int i = 0; i < count; i++) {
          setLong(to + 8L * i, Short.toUnsignedLong(getShort(from + 2L * step * i)));
        }
      }
      case INT32 -> {
        for (int i = 0; i < count; i++) {
          setLong(to + 8L * i, getInt(from + 4L * step * i));
        }
      }
      case UINT32 -> {
        for (int i = 0; i < count; i++) {
          setLong(to + 8L * i, Integer.toUnsignedLong(getInt(from + 4L * step * i)));
        }
      }
      case INT64 -> {
        for (int i = 0; i < count; i++) {
          setLong(to + 8L * i, getLong(from + 8L * step * i));
        }
      }
      default -> throw new IllegalArgumentException("element type: " + type);
    }
  }

  /** Writes doubles: floats round half to even, integers drop the fraction and keep the low bits. */
  static void storeDoubles(DType type, long from, long to, int count) {
    switch (type) {
      case FLOAT32 -> {
        for (int i = 0; i < count; i++) {
          Memory.set(to + 4L * i, (float) getDouble(from + 8L * i));
        }
      }
      case FLOAT64 -> {
        for (int i = 0; i < count; i++) {
          setDouble(to + 8L * i, getDouble(from + 8L * i));
        }
      }
      case FLOAT16 -> {
        for (int i = 0; i < count; i++) {
          setShort(to + 2L * i, Rounding.toFloat16(getDouble(from + 8L * i)));
        }
      }
      case BFLOAT16 -> {
        for (int i = 0; i < count; i++) {
          setShort(to + 2L * i, Rounding.toBFloat16(getDouble(from + 8L * i)));
        }
      }
      case BOOL -> {
        for (int i = 0; i < count; i++) {
          Bytes.set(to + i, (byte) (getDouble(from + 8L * i) != 0 ? 1 : 0));
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          setLong(from + 8L * i, (long) getDouble(from + 8L * i));
        }
        storeLongs(type, from, to, count);
      }
    }
  }

  /** Writes longs, of which an integer type keeps the low bits; a bool is true where it is not 0. */
  static void storeLongs(DType type, long from, long to, int count) {
    switch (type) {
      case BOOL -> {
        for (int i = 0; i < count; i++) {
          Bytes.set(to + i, (byte) (getLong(from + 8L * i) != 0 ? 1 : 0));
        }
      }
      case INT8, UINT8 -> {
        for (int i = 0; i < count; i++) {
          Bytes.set(to + i, (byte) getLong(from + 8L * i));
        }
      }
      case INT16, UINT16 -> {
        for (int i = 0; i < count; i++) {
          setShort(to + 2L * i, (short) getLong(from + 8L * i));
        }
      }
      case INT32, UINT32 -> {
        for (int i = 0; i < count; i++) {
          setInt(to + 4L * i, (int) getLong(from + 8L * i));
        }
      }
      case INT64 -> {
        for (int i = 0; i < count; i++) {
          setLong(to + 8L * i, getLong(from + 8L * i));
        }
      }
      default -> throw new IllegalArgumentException("element type: " + type);
    }
  }
}
