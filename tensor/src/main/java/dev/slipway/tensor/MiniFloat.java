package dev.slipway.tensor;

import java.util.Arrays;

/**
 * The floats of 8 and 4 bits, as the ONNX specification and the Open Compute Project's formats define them. Encoding
 * takes the nearest of all values, ties to the even code.
 */
public final class MiniFloat {
  private static final MiniFloat E4M3FN = new MiniFloat(4, 3, 7, 0x7E, -1, 0x7F, true);
  private static final MiniFloat E4M3FNUZ = new MiniFloat(4, 3, 8, 0x7F, -1, 0x80, true);
  private static final MiniFloat E5M2 = new MiniFloat(5, 2, 15, 0x7B, 0x7C, 0x7E, true);
  private static final MiniFloat E5M2FNUZ = new MiniFloat(5, 2, 16, 0x7F, -1, 0x80, true);
  private static final MiniFloat E2M1 = new MiniFloat(2, 1, 1, 0x7, -1, -1, true);
  private static final MiniFloat E8M0 = new MiniFloat(8, 0, 127, 0xFE, -1, 0xFF, false);

  private final double[] positive;
  private final int mantissaBits;
  private final int bias;
  private final int signBit;
  private final int infinity;
  private final int nan;

  private MiniFloat(int exponentBits, int mantissaBits, int bias, int largest, int infinity, int nan, boolean signed) {
    this.mantissaBits = mantissaBits;
    this.bias = bias;
    this.signBit = signed ? 1 << exponentBits + mantissaBits : 0;
    this.infinity = infinity;
    this.nan = nan;
    this.positive = new double[largest + 1];
    for (int code = 0; code <= largest; code++) {
      int exponent = code >> mantissaBits;
      int mantissa = code & (1 << mantissaBits) - 1;
      positive[code] = exponent == 0 && signed
          ? Math.scalb((double) mantissa, 1 - bias - mantissaBits)
          : Math.scalb((double) (mantissa | 1 << mantissaBits), exponent - bias - mantissaBits);
    }
  }

  /** The codec of one of the narrow types. */
  public static MiniFloat of(DType type) {
    return switch (type) {
      case FLOAT8E4M3FN -> E4M3FN;
      case FLOAT8E4M3FNUZ -> E4M3FNUZ;
      case FLOAT8E5M2 -> E5M2;
      case FLOAT8E5M2FNUZ -> E5M2FNUZ;
      case FLOAT4E2M1 -> E2M1;
      case FLOAT8E8M0 -> E8M0;
      default -> throw new IllegalArgumentException("type: " + type + " (expected: a float of 8 or 4 bits)");
    };
  }

  public double decode(int code) {
    if (code == nan) {
      return Double.NaN;
    }
    int magnitude = signBit == 0 ? code : code & signBit - 1;
    double sign = (code & signBit) != 0 ? -1 : 1;
    if (magnitude < positive.length) {
      return sign * positive[magnitude];
    }
    return magnitude == infinity ? sign * Double.POSITIVE_INFINITY : Double.NaN;
  }

  /** The nearest code; beyond the largest value that value where {@code saturate}, else infinity or NaN. */
  public int encode(double value, boolean saturate) {
    if (Double.isNaN(value)) {
      return nan >= 0 ? nan : positive.length - 1;
    }
    boolean negative = Double.doubleToRawLongBits(value) < 0;
    int magnitude = nearest(Math.abs(value), saturate);
    if (magnitude == nan || signBit == 0 || !negative) {
      return magnitude;
    }
    boolean noNegativeZero = nan == signBit;
    return magnitude == 0 && noNegativeZero ? 0 : magnitude | signBit;
  }

  private int nearest(double value, boolean saturate) {
    int last = positive.length - 1;
    double next = positive[last] + (positive[last] - positive[last - 1]);
    double limit = (positive[last] + next) / 2;
    if (value > limit || value == limit && (last & 1) == 1 || Double.isInfinite(value)) {
      return saturate || infinity < 0 && nan < 0 ? last : infinity >= 0 ? infinity : nan;
    }
    return signBit == 0 ? search(value) : rounded(value);
  }

  /** The code of the nearest number: its steps from the start of its binade, or from 0 below the first. */
  private int rounded(double value) {
    int exponent = Math.max(Math.getExponent(value), 1 - bias);
    int steps = (int) Math.rint(Math.scalb(value, mantissaBits - exponent));
    return (exponent + bias - 1 << mantissaBits) + steps;
  }

  private int search(double value) {
    int last = positive.length - 1;
    int found = Arrays.binarySearch(positive, value);
    if (found >= 0) {
      return found;
    }
    int above = -found - 1;
    if (above > last) {
      return last;
    }
    if (above == 0) {
      return 0;
    }
    double below = value - positive[above - 1];
    double over = positive[above] - value;
    return below < over || below == over && (above - 1 & 1) == 0 ? above - 1 : above;
  }
}
