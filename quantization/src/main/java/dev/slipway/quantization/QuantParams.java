package dev.slipway.quantization;

import dev.slipway.tensor.DType;

/**
 * How a tensor is quantised: {@code real = (quantised - zeroPoint) * scale}.
 *
 * @param dtype int8, symmetric, uint8, asymmetric, or float8e4m3fn
 * @param scale greater than 0
 */
public record QuantParams(DType dtype, float scale, int zeroPoint) {
  /** The largest level of a symmetric type; the level -128 is left to saturation. */
  static final int SYMMETRIC_LEVELS = 127;

  private static final int ASYMMETRIC_LEVELS = 255;

  public QuantParams {
    if (!(scale > 0) || scale == Float.POSITIVE_INFINITY) {
      throw new IllegalArgumentException("scale: " + scale + " (expected: > 0 and finite)");
    }
  }

  /**
   * The parameters that cover a range, widened to hold 0. A range of nothing but 0 gets scale 1.
   *
   * @param dtype int8 or uint8
   * @param powerOfTwo whether the scale is rounded up to a power of two
   */
  public static QuantParams of(Range range, DType dtype, boolean powerOfTwo) {
    Range whole = range.and(0);
    if (dtype == DType.INT8) {
      return new QuantParams(dtype, scale(whole.magnitude(), SYMMETRIC_LEVELS, powerOfTwo), 0);
    }
    float scale = scale((double) whole.max() - whole.min(), ASYMMETRIC_LEVELS, powerOfTwo);
    int zeroPoint = (int) Math.clamp(Math.rint(-whole.min() / (double) scale), 0, ASYMMETRIC_LEVELS);
    return new QuantParams(dtype, scale, zeroPoint);
  }

  /** The scale that gives a width so many steps; 1 where the width is 0. */
  static float scale(double width, int levels, boolean powerOfTwo) {
    if (width == 0) {
      return 1;
    }
    float scale = (float) Math.max(width / levels, Float.MIN_NORMAL);
    return powerOfTwo ? powerAbove(scale) : scale;
  }

  private static float powerAbove(float scale) {
    int exponent = Math.getExponent(scale);
    float power = Math.scalb(1f, exponent);
    return power < scale ? Math.scalb(1f, exponent + 1) : power;
  }

  /** A number as it is after quantisation, half to even and saturating. */
  public float roundTrip(float value) {
    double level = Math.rint(value / scale) + zeroPoint;
    return (float) ((Math.clamp(level, dtype.minValue(), dtype.maxValue()) - zeroPoint) * scale);
  }
}
