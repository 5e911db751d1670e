package dev.slipway.tensor;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Element types. The code is the number that ONNX gives the type in {@code TensorProto.DataType}; plan files use the
 * same number. Types narrower than a byte are packed, the first element in the low bits.
 */
public enum DType {
  FLOAT32(1, 32),
  UINT8(2, 8),
  INT8(3, 8),
  UINT16(4, 16),
  INT16(5, 16),
  INT32(6, 32),
  INT64(7, 64),
  /** Only named, never stored: a tensor of strings cannot be created. */
  STRING(8, 0),
  BOOL(9, 8),
  FLOAT16(10, 16),
  FLOAT64(11, 64),
  UINT32(12, 32),
  UINT64(13, 64),
  /** Two float32, real part first. */
  COMPLEX64(14, 64),
  /** Two float64, real part first. */
  COMPLEX128(15, 128),
  BFLOAT16(16, 16),
  FLOAT8E4M3FN(17, 8),
  FLOAT8E4M3FNUZ(18, 8),
  FLOAT8E5M2(19, 8),
  FLOAT8E5M2FNUZ(20, 8),
  UINT4(21, 4),
  INT4(22, 4),
  FLOAT4E2M1(23, 4),
  FLOAT8E8M0(24, 8),
  UINT2(25, 2),
  INT2(26, 2);

  /** The floating-point types of at least 16 bits. */
  public static final Set<DType> FLOATS = immutable(FLOAT16, BFLOAT16, FLOAT32, FLOAT64);

  /** Integers of 8 to 64 bits, both signs. */
  public static final Set<DType> INTEGERS = immutable(INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64);

  /** {@link #FLOATS} and {@link #INTEGERS}. */
  public static final Set<DType> NUMBERS = union(FLOATS, INTEGERS);

  /** {@link #NUMBERS} and bool. */
  public static final Set<DType> NUMBERS_AND_BOOL = union(NUMBERS, EnumSet.of(BOOL));

  /** int32 and int64, the types that indices have. */
  public static final Set<DType> INDICES = immutable(INT32, INT64);

  /** Every type that a tensor can hold. */
  public static final Set<DType> ALL = Collections.unmodifiableSet(EnumSet.complementOf(EnumSet.of(STRING)));

  private final int code;
  private final int bits;
  private final String label;

  DType(int code, int bits) {
    this.code = code;
    this.bits = bits;
    this.label = name().toLowerCase(Locale.ROOT);
  }

  /** The type with this number in ONNX's {@code TensorProto.DataType}, or empty where there is none. */
  public static Optional<DType> ofCode(long code) {
    for (DType type : values()) {
      if (type.code == code) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** The type of this {@link #label()}, or empty. */
  public static Optional<DType> ofLabel(String label) {
    for (DType type : values()) {
      if (type.label.equals(label)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** The number in ONNX's {@code TensorProto.DataType}. */
  public int code() {
    return code;
  }

  /** Bits of one element. */
  public int bits() {
    return bits;
  }

  /** Bytes that {@code elements} elements take, packed types rounded up to whole bytes. */
  public long bytes(long elements) {
    return bits >= 8 ? Math.multiplyExact(elements, bits / 8) : Math.ceilDiv(Math.multiplyExact(elements, bits), 8L);
  }

  /** float16, bfloat16, float32, float64 and the narrow floats. */
  public boolean isFloat() {
    return FLOATS.contains(this) || isMiniFloat();
  }

  /** The floats of 8 and 4 bits. */
  public boolean isMiniFloat() {
    return switch (this) {
      case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT4E2M1, FLOAT8E8M0 -> true;
      default -> false;
    };
  }

  /** Integers of any width; bool is none. */
  public boolean isInteger() {
    return switch (this) {
      case UINT8, INT8, UINT16, INT16, INT32, INT64, UINT32, UINT64, UINT4, INT4, UINT2, INT2 -> true;
      default -> false;
    };
  }

  /** Integers without a sign. */
  public boolean isUnsigned() {
    return switch (this) {
      case UINT8, UINT16, UINT32, UINT64, UINT4, UINT2 -> true;
      default -> false;
    };
  }

  public boolean isComplex() {
    return this == COMPLEX64 || this == COMPLEX128;
  }

  /** The smallest value of an integer type. */
  public long minValue() {
    requireInteger();
    return isUnsigned() ? 0 : -1L << (bits - 1);
  }

  /** The largest value of an integer type; for uint64 this is -1, all bits set. */
  public long maxValue() {
    requireInteger();
    return isUnsigned() ? (bits == 64 ? -1L : (1L << bits) - 1) : ~(-1L << (bits - 1));
  }

  /**
   * The distance from 1 to the next larger number of a floating-point type, and 1 for the other types: the unit of
   * tolerances.
   */
  public double epsilon() {
    return switch (this) {
      case FLOAT64, COMPLEX128 -> 0x1p-52;
      case FLOAT32, COMPLEX64 -> 0x1p-23;
      case FLOAT16 -> 0x1p-10;
      case BFLOAT16 -> 0x1p-7;
      case FLOAT8E4M3FN, FLOAT8E4M3FNUZ -> 0x1p-3;
      case FLOAT8E5M2, FLOAT8E5M2FNUZ -> 0x1p-2;
      case FLOAT4E2M1 -> 0x1p-1;
      default -> 1;
    };
  }

  /** The name in text: {@code float32}, {@code int8}, {@code bool}. */
  public String label() {
    return label;
  }

  @Override
  public String toString() {
    return label();
  }

  private void requireInteger() {
    if (!isInteger()) {
      throw new IllegalStateException("type: " + this + " (expected: an integer type)");
    }
  }

  private static Set<DType> immutable(DType first, DType... rest) {
    return Collections.unmodifiableSet(EnumSet.of(first, rest));
  }

  private static Set<DType> union(Set<DType> a, Set<DType> b) {
    EnumSet<DType> all = EnumSet.copyOf(a);
    all.addAll(b);
    return Collections.unmodifiableSet(all);
  }
}
