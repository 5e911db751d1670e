package dev.slipway.tensor;

/** Rounding of doubles to the 16-bit floats, half to even, without rounding twice. */
public final class Rounding {
  private Rounding() {}

  /** The bits of the nearest float16; beyond the largest, infinity. */
  public static short toFloat16(double value) {
    return Float.floatToFloat16(toOddFloat(value));
  }

  /** The bits of the nearest bfloat16; beyond the largest, infinity. */
  public static short toBFloat16(double value) {
    float wide = toOddFloat(value);
    int bits = Float.floatToRawIntBits(wide);
    if (Float.isNaN(wide)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
  }

  /**
   * Rounds to odd: a second rounding to a narrower format is then correct (Boldo and Melquiond, "Emulation of FMA and
   * correctly rounded sums", 2008).
   */
  private static float toOddFloat(double value) {
    float nearest = (float) value;
    if (nearest == value || Double.isNaN(value) || Double.isInfinite(value)) {
      return nearest;
    }
    float towardsZero = Math.abs((double) nearest) > Math.abs(value)
        ? (nearest > 0 ? Math.nextDown(nearest) : Math.nextUp(nearest))
        : nearest;
    return Float.intBitsToFloat(Float.floatToRawIntBits(towardsZero) | 1);
  }
}
