package dev.slipway.backend.cpu;

import dev.slipway.backend.cpu.VectorEmitter.Rounding;

/**
 * Emits functions of vectors as machine code, by the approximations of {@link FunctionCode} and with its errors.
 * Arguments stay as they are; results are scratch registers that are the caller's to release.
 */
final class FunctionEmitter {
  private final VectorEmitter vector;
  private final Assembler code;
  private final FreeRegisters free;

  FunctionEmitter(VectorEmitter vector, FreeRegisters free) {
    this.vector = vector;
    this.free = free;
    code = vector.assembler();
  }

  /** e^x over the whole range, infinite above and denormal or zero below: the square of the root, which is in range. */
  VectorRegister fullExp(VectorRegister x) {
    VectorRegister half = free.take();
    code.vmulps(half, x, vector.constant(0.5f));
    VectorRegister root = exp(half, FunctionCode.LOG2E, true);
    code.vmulps(root, root, root);
    return root;
  }

  /** 1 / (1 + e^-x). */
  VectorRegister sigmoid(VectorRegister x) {
    VectorRegister denominator = exp(x, -FunctionCode.LOG2E, false);
    code.vaddps(denominator, denominator, vector.constant(1));
    return quotient(filled(1), denominator);
  }

  VectorRegister tanh(VectorRegister x) {
    VectorRegister c = clip(x, -FunctionCode.TANH_BOUND, FunctionCode.TANH_BOUND);
    VectorRegister square = free.take();
    code.vmulps(square, c, c);
    VectorRegister numerator = polynomial(square, FunctionCode.TANH_NUMERATOR);
    code.vmulps(numerator, numerator, c);
    free.release(c);
    VectorRegister denominator = polynomial(square, FunctionCode.TANH_DENOMINATOR);
    free.release(square);
    return quotient(numerator, denominator);
  }

  VectorRegister erf(VectorRegister x) {
    VectorRegister a = free.take();
    VectorRegister magnitude = free.take();
    vector.abs(magnitude, x);
    vector.atMost(a, magnitude, FunctionCode.ERF_BOUND);
    free.release(magnitude);
    VectorRegister large = erfAboveSplit(a);
    VectorRegister square = free.take();
    code.vmulps(square, a, a);
    VectorRegister small = polynomial(square, FunctionCode.ERF_SMALL);
    code.vfmadd213ps(small, a, a);
    // Neither the square is used again nor, after the comparison, a.
    vector.select(square, Comparison.GREATER, a, vector.constant(FunctionCode.ERF_SPLIT), large, small);
    vector.withSign(a, square, x);
    free.release(large);
    free.release(small);
    free.release(square);
    return a;
  }

  private VectorRegister erfAboveSplit(VectorRegister a) {
    VectorRegister exponent = polynomial(a, FunctionCode.ERF_LARGE);
    code.vfmadd213ps(exponent, a, a);
    VectorRegister power = exp(exponent, -FunctionCode.LOG2E, true);
    VectorRegister one = filled(1);
    code.vsubps(one, one, power);
    free.release(power);
    return one;
  }

  /** -1, 0 or 1; NaN for a NaN. */
  VectorRegister sign(VectorRegister x) {
    VectorRegister zero = filled(0);
    VectorRegister one = filled(1);
    VectorRegister positive = free.take();
    vector.select(positive, Comparison.LESS, zero, x, one, x);
    vector.negate(one, one);
    VectorRegister sign = free.take();
    vector.select(sign, Comparison.GREATER, zero, x, one, positive);
    free.release(zero);
    free.release(one);
    free.release(positive);
    return sign;
  }

  VectorRegister round(VectorRegister x, Rounding rounding) {
    VectorRegister rounded = free.take();
    vector.round(rounded, x, rounding);
    return rounded;
  }

  /**
   * e^x or e^-x; 2^-126 below an exponent of -87.3 and 2^127 above 88.03.
   *
   * @param base its logarithm to base 2, positive or negative: with the sign of the exponent
   * @param consumed whether x is released as soon as it is read
   */
  private VectorRegister exp(VectorRegister x, float base, boolean consumed) {
    float sign = Math.signum(base);
    VectorRegister r = sign > 0
        ? clip(x, FunctionCode.EXP_LOWEST, FunctionCode.EXP_HIGHEST)
        : clip(x, -FunctionCode.EXP_HIGHEST, -FunctionCode.EXP_LOWEST);
    if (consumed) {
      free.release(x);
    }
    VectorRegister biased = filled(base);
    code.vfmadd213ps(biased, r, vector.constant(FunctionCode.ROUND));
    VectorRegister n = free.take();
    code.vsubps(n, biased, vector.constant(FunctionCode.ROUND));
    code.vfmadd231ps(r, n, vector.constant(-sign * FunctionCode.LN2_HIGH));
    code.vfmadd231ps(r, n, vector.constant(-sign * FunctionCode.LN2_LOW));
    VectorRegister power = vector.exponent(n, biased);
    free.release(power.equals(n) ? biased : n);
    VectorRegister p = polynomial(r, sign > 0 ? FunctionCode.EXP : mirrored(FunctionCode.EXP));
    code.vmulps(p, p, r);
    if (sign > 0) {
      code.vfmadd213ps(p, r, r);
    } else {
      code.vfmsub213ps(p, r, r);
    }
    code.vaddps(p, p, vector.constant(1));
    vector.scaleByPower(p, power);
    free.release(r);
    free.release(power);
    return p;
  }

  /** The coefficients of p(-x), highest power first. */
  private static float[] mirrored(float[] coefficients) {
    float[] mirrored = coefficients.clone();
    for (int i = mirrored.length - 2; i >= 0; i -= 2) {
      mirrored[i] = -mirrored[i];
    }
    return mirrored;
  }

  /** Both operands are released. */
  private VectorRegister quotient(VectorRegister numerator, VectorRegister denominator) {
    VectorRegister quotient = free.take();
    vector.divideNormal(quotient, numerator, denominator);
    free.release(numerator);
    free.release(denominator);
    return quotient;
  }

  /** NaN passes through. */
  private VectorRegister clip(VectorRegister x, float low, float high) {
    VectorRegister raised = free.take();
    vector.atLeast(raised, x, low);
    VectorRegister clipped = free.take();
    vector.atMost(clipped, raised, high);
    free.release(raised);
    return clipped;
  }

  /** Horner's rule, highest power first. */
  private VectorRegister polynomial(VectorRegister x, float[] coefficients) {
    VectorRegister p = filled(coefficients[0]);
    for (int i = 1; i < coefficients.length; i++) {
      code.vfmadd213ps(p, x, vector.constant(coefficients[i]));
    }
    return p;
  }

  private VectorRegister filled(float value) {
    VectorRegister register = free.take();
    vector.fill(register, value);
    return register;
  }
}
