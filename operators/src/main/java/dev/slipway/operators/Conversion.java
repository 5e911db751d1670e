package dev.slipway.operators;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.MiniFloat;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Conversion between element types, as ONNX's Cast defines it.
 *
 * @param saturate whether the narrow floats take their largest value where the value is beyond it
 * @param roundMode how float8e8m0 rounds
 */
record Conversion(boolean saturate, RoundMode roundMode) {

  /** Directions of rounding. */
  enum RoundMode {
    UP,
    DOWN,
    NEAREST;

    static RoundMode of(String text) {
      return Modes.of(RoundMode.class, "round_mode", text);
    }
  }

  /** The types that convert into each other: all of real numbers. */
  static final Set<DType> TYPES = Arrays.stream(DType.values())
      .filter(type -> type != DType.STRING && !type.isComplex())
      .collect(Collectors.toUnmodifiableSet());

  private static final int E8M0_BIAS = 127;
  private static final int E8M0_LARGEST = 254;
  private static final int E8M0_NAN = 255;

  /** Converts every element. */
  void convert(Tensor from, Tensor to) {
    if (from.dtype() == to.dtype()) {
      to.copyFrom(from);
      return;
    }
    long count = from.elementCount();
    for (long i = 0; i < count; i++) {
      convert(from, to, i);
    }
  }

  private void convert(Tensor from, Tensor to, long index) {
    DType target = to.dtype();
    if (target == DType.FLOAT8E8M0) {
      to.data().set(ValueLayout.JAVA_BYTE, index, (byte) scale(from.getDouble(index)));
    } else if (target.isMiniFloat() && target.bits() == 8) {
      int code = MiniFloat.of(target).encode(from.getDouble(index), saturate);
      to.data().set(ValueLayout.JAVA_BYTE, index, (byte) code);
    } else if (target == DType.BOOL) {
      to.setBoolean(index, from.getDouble(index) != 0);
    } else if (from.dtype().isFloat() || target.isFloat()) {
      to.setDouble(index, from.getDouble(index));
    } else {
      to.setLong(index, from.getLong(index));
    }
  }

  /** The code of a power of two of type float8e8m0. */
  private int scale(double value) {
    double magnitude = Math.abs(value);
    if (Double.isNaN(value)) {
      return E8M0_NAN;
    }
    int exponent = magnitude == 0 ? Integer.MIN_VALUE / 2 : Math.getExponent(magnitude);
    double fraction = magnitude == 0 ? 1 : Math.scalb(magnitude, -exponent);
    boolean up = switch (roundMode) {
      case UP -> fraction > 1;
      case DOWN -> false;
      case NEAREST -> fraction >= 1.5;
    };
    int code = exponent + E8M0_BIAS + (up ? 1 : 0);
    if (code < 0 || code > E8M0_LARGEST) {
      return saturate ? Math.clamp(code, 0, E8M0_LARGEST) : E8M0_NAN;
    }
    return code;
  }
}
