package dev.slipway.backend.cpu;

import dev.slipway.backend.cpu.VectorEmitter.Rounding;
import java.util.stream.IntStream;

/**
 * Emits functions of vectors as machine code. Arguments stay as they are; results are scratch registers that are the
 * caller's to release.
 *
 * <p>Powers are taken apart into {@code 2^(n / lanes) e^r}, the fractions of the first from a table in a vector (Tang,
 * Table-driven implementation of the exponential function, 1989). Maximal errors over all finite floats, in units in
 * the last place: exp 2 (4 with AVX2), log and log1p 2; in units of 1 + |f(x)|: 2e-7 for the others. NaN passes
 * through.
 */
final class FunctionEmitter {
  /** Where e^x becomes denormal. */
  private static final float LOWEST_NORMAL_POWER = -87.33f;

  /** Where e^x is infinite. */
  private static final float HIGHEST_POWER = 89;

  /** {@code 1 + r + EXP_QUADRATIC r^2 + EXP_CUBIC r^3}: minimax on [-ln 2 / 16, ln 2 / 16], error 2.5e-8. */
  private static final float EXP_QUADRATIC = 0.500065f;

  private static final float EXP_CUBIC = 0.16666667f;

  /** 2^r for small r: the same minimax polynomial of {@code r ln 2}. */
  private static final float[] POWER_OF_TWO = {
    (float) (EXP_CUBIC * Math.pow(Math.log(2), 3)),
    (float) (EXP_QUADRATIC * Math.pow(Math.log(2), 2)),
    (float) Math.log(2),
    1
  };

  /** {@code -log(1 - erf(x)) / x}: minimax, weighted for the error of erf, which is 1 from the bound on. */
  private static final float ERF_BOUND = 3.92f;

  private static final float[] ERF = {
    -9.250306902686134e-6f,
    1.1758573964470997e-4f,
    -6.326292059384286e-4f,
    1.666626543737948e-3f,
    -1.59967559739016e-4f,
    -1.915331557393074e-2f,
    0.10277790576219559f,
    0.6366193890571594f,
    1.128379225730896f
  };

  /** Between these e^x - 1 is not -1, to single precision, and not infinite. */
  private static final float LOWEST_GROWTH = -30;

  /** Cephes logf: {@code (log(1 + z) - z + z^2 / 2) / z^3} for 1 + z between the roots of 1/2 and 2. */
  private static final float[] LOG = {
    7.0376836292e-2f,
    -1.1514610310e-1f,
    1.1676998740e-1f,
    -1.2420140846e-1f,
    1.4249322787e-1f,
    -1.6668057665e-1f,
    2.0000714765e-1f,
    -2.4999993993e-1f,
    3.3333331174e-1f
  };

  /** Makes denormal numbers normal. */
  private static final float DENORMAL_SCALE = 0x1p23f;

  private static final int EXPONENT_SHIFT = Float.PRECISION - 1;
  private static final int ROOT_OF_HALF = Float.floatToRawIntBits((float) Math.sqrt(0.5));

  private final VectorEmitter vector;
  private final Assembler code;
  private final FreeRegisters free;

  FunctionEmitter(VectorEmitter vector, FreeRegisters free) {
    this.vector = vector;
    this.free = free;
    code = vector.assembler();
  }

  /** e^x over the whole range: infinite above; zero where it is less than the smallest normal number. */
  VectorRegister fullExp(VectorRegister x) {
    VectorRegister power = switch (vector.isa()) {
      case AVX512 -> scaledExp(x);
      case AVX2 -> squaredExp(x);
    };
    VectorRegister zero = filled(0);
    VectorRegister result = orZero(power, x, LOWEST_NORMAL_POWER, zero);
    free.release(zero);
    return result;
  }

  /** By an instruction that scales by any power of two; it takes more than a hundred cycles for a denormal result. */
  private VectorRegister scaledExp(VectorRegister x) {
    Reduced reduced = reduced(clip(x, LOWEST_NORMAL_POWER, HIGHEST_POWER), FunctionCode.LOG2E);
    VectorRegister fraction = reduced.biased();
    code.vpermps(fraction, fraction, fractions(0, 0));
    VectorRegister power = timesPower(fraction, reduced.r());
    code.vscalefps(power, power, reduced.n());
    free.release(reduced.n());
    return power;
  }

  /** The square of the root, which is in range. */
  private VectorRegister squaredExp(VectorRegister x) {
    VectorRegister half = free.take();
    vector.atLeast(half, x, LOWEST_NORMAL_POWER);
    code.vmulps(half, half, vector.constant(0.5f));
    VectorRegister root = exp(half);
    free.release(half);
    code.vmulps(root, root, root);
    return root;
  }

  /**
   * e^x of what is zero or negative.
   *
   * @param lowest such that its power is a normal number: powers of what is below are zero
   * @param zero a register of zeros
   */
  VectorRegister expOfNegative(VectorRegister x, float lowest, VectorRegister zero) {
    VectorRegister clipped = free.take();
    vector.atLeast(clipped, x, lowest);
    Reduced reduced = reduced(clipped, FunctionCode.LOG2E);
    return orZero(timesPower(power(reduced, 0), reduced.r()), x, lowest, zero);
  }

  /** The power, which is released, or zero where x is below a bound; NaN is not. */
  private VectorRegister orZero(VectorRegister power, VectorRegister x, float lowest, VectorRegister zero) {
    VectorRegister result = free.take();
    vector.select(result, Comparison.LESS, x, vector.constant(lowest), zero, power);
    free.release(power);
    return result;
  }

  /** {@code 2 ((p - 1/2) + p (e^r - 1))} with half the power, which never overflows; exact near 0. */
  VectorRegister expm1(VectorRegister x) {
    Reduced reduced = reduced(clip(x, LOWEST_GROWTH, HIGHEST_POWER), FunctionCode.LOG2E);
    VectorRegister half = power(reduced, 1);
    VectorRegister q = series(reduced.r(), 1);
    VectorRegister growth = free.take();
    code.vsubps(growth, half, vector.constant(0.5f));
    code.vfmadd231ps(growth, half, q);
    code.vaddps(growth, growth, growth);
    free.release(half);
    free.release(q);
    return growth;
  }

  /** 1 / (1 + 2^t): what rounding the base of t loses is lost beside 1. */
  VectorRegister sigmoid(VectorRegister x) {
    VectorRegister r = clip(x, -FunctionCode.EXP_HIGHEST, -FunctionCode.EXP_LOWEST);
    float round = FunctionCode.ROUND / vector.isa().lanes();
    VectorRegister biased = filled(-FunctionCode.LOG2E);
    code.vfmadd213ps(biased, r, vector.constant(round));
    VectorRegister n = free.take();
    code.vsubps(n, biased, vector.constant(round));
    code.vfmsub132ps(r, n, vector.constant(-FunctionCode.LOG2E));
    VectorRegister power = power(new Reduced(biased, n, r), 0);
    VectorRegister denominator = polynomial(r, POWER_OF_TWO);
    free.release(r);
    code.vfmadd213ps(denominator, power, vector.constant(1));
    free.release(power);
    VectorRegister reciprocal = free.take();
    vector.reciprocalNormal(reciprocal, denominator);
    free.release(denominator);
    return reciprocal;
  }

  VectorRegister tanh(VectorRegister x) {
    VectorRegister c = clip(x, -FunctionCode.TANH_BOUND, FunctionCode.TANH_BOUND);
    VectorRegister square = free.take();
    code.vmulps(square, c, c);
    VectorRegister numerator = polynomial(square, FunctionCode.TANH_NUMERATOR);
    code.vmulps(numerator, numerator, c);
    VectorRegister denominator = polynomial(square, FunctionCode.TANH_DENOMINATOR);
    free.release(square);
    vector.divideNormal(c, numerator, denominator);
    free.release(numerator);
    free.release(denominator);
    return c;
  }

  /** {@code 1 - e^-g} of the magnitude, in the form {@code (1 - p) - p (e^r - 1)} that is exact near 0. */
  VectorRegister erf(VectorRegister x) {
    VectorRegister magnitude = free.take();
    VectorRegister a = free.take();
    vector.abs(magnitude, x);
    vector.atMost(a, magnitude, ERF_BOUND);
    free.release(magnitude);
    VectorRegister g = polynomial(a, ERF);
    code.vmulps(g, g, a);
    free.release(a);
    Reduced reduced = reduced(g, -FunctionCode.LOG2E);
    VectorRegister power = power(reduced, 0);
    VectorRegister q = series(reduced.r(), -1);
    VectorRegister erf = filled(1);
    code.vsubps(erf, erf, power);
    code.vfnmadd231ps(erf, power, q);
    free.release(q);
    vector.withSign(power, erf, x);
    free.release(erf);
    return power;
  }

  /** -infinity at 0, NaN below. */
  VectorRegister log(VectorRegister x) {
    VectorRegister exponent = free.take();
    vector.truth(exponent, Comparison.LESS, x, vector.constant(Float.MIN_NORMAL));
    VectorRegister normal = filled(DENORMAL_SCALE - 1);
    code.vfmadd213ps(normal, exponent, vector.constant(1));
    code.vmulps(normal, normal, x);
    Fraction fraction = fraction(normal);
    code.vcvtdq2ps(fraction.exponent(), fraction.exponent());
    code.vfnmadd132ps(exponent, fraction.exponent(), vector.constant(EXPONENT_SHIFT));
    free.release(fraction.exponent());
    return defined(x, logarithm(fraction.z(), exponent));
  }

  /** log(1 + x): what rounding the sum loses is added to its fraction. */
  VectorRegister log1p(VectorRegister x) {
    VectorRegister sum = free.take();
    code.vaddps(sum, x, vector.constant(1));
    VectorRegister larger = free.take();
    vector.atLeast(larger, x, 1);
    code.vsubps(larger, sum, larger);
    VectorRegister lost = free.take();
    vector.atMost(lost, x, 1);
    code.vsubps(lost, lost, larger);
    free.release(larger);
    VectorRegister argument = free.take();
    vector.move(argument, sum);
    Fraction fraction = fraction(argument);
    VectorRegister scale = free.take();
    code.vpminsd(scale, fraction.exponent(), vector.constantBits(Float.MAX_EXPONENT - 1));
    code.vpslld(scale, scale, EXPONENT_SHIFT);
    VectorRegister one = filled(1);
    code.vpsubd(scale, one, scale);
    free.release(one);
    code.vfmadd231ps(fraction.z(), lost, scale);
    free.release(lost);
    free.release(scale);
    code.vcvtdq2ps(fraction.exponent(), fraction.exponent());
    VectorRegister log = defined(sum, logarithm(fraction.z(), fraction.exponent()));
    free.release(sum);
    return log;
  }

  /**
   * A normal number as {@code (1 + z) 2^exponent}.
   *
   * @param exponent integers
   */
  private record Fraction(VectorRegister z, VectorRegister exponent) {}

  /** Overwrites x, which becomes z. */
  private Fraction fraction(VectorRegister x) {
    VectorRegister exponent = free.take();
    code.vpsubd(exponent, x, vector.constantBits(ROOT_OF_HALF));
    code.vpsrad(exponent, exponent, EXPONENT_SHIFT);
    VectorRegister shifted = free.take();
    code.vpslld(shifted, exponent, EXPONENT_SHIFT);
    code.vpsubd(x, x, shifted);
    free.release(shifted);
    code.vsubps(x, x, vector.constant(1));
    return new Fraction(x, exponent);
  }

  /** {@code log(1 + z) + exponent * log 2}; both are released. */
  private VectorRegister logarithm(VectorRegister z, VectorRegister exponent) {
    VectorRegister square = free.take();
    code.vmulps(square, z, z);
    VectorRegister log = polynomial(z, LOG);
    code.vmulps(log, log, z);
    code.vmulps(log, log, square);
    code.vfmadd231ps(log, exponent, vector.constant(FunctionCode.LN2_LOW));
    code.vfnmadd231ps(log, square, vector.constant(0.5f));
    code.vaddps(log, log, z);
    code.vfmadd231ps(log, exponent, vector.constant(FunctionCode.LN2_HIGH));
    free.release(square);
    free.release(z);
    free.release(exponent);
    return log;
  }

  /** The logarithm of x, which is released, where x is positive and finite; else what it is there. */
  private VectorRegister defined(VectorRegister x, VectorRegister log) {
    VectorRegister finite = free.take();
    vector.select(finite, Comparison.LESS, x, vector.constant(Float.POSITIVE_INFINITY), log, x);
    VectorRegister nan = filled(Float.NaN);
    VectorRegister infinity = filled(Float.NEGATIVE_INFINITY);
    vector.select(log, Comparison.EQUAL, x, vector.constant(0), infinity, nan);
    vector.select(nan, Comparison.GREATER, x, vector.constant(0), finite, log);
    free.release(finite);
    free.release(infinity);
    free.release(log);
    return nan;
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

  /** e^x; 2^-126 below an exponent of -87.3 and 2^127 above 88.03. */
  private VectorRegister exp(VectorRegister x) {
    Reduced reduced = reduced(clip(x, FunctionCode.EXP_LOWEST, FunctionCode.EXP_HIGHEST), FunctionCode.LOG2E);
    return timesPower(power(reduced, 0), reduced.r());
  }

  /**
   * An exponent in parts.
   *
   * @param biased n in units of one entry of the table of fractions, in its low bits
   * @param n the multiple of 1 / lanes that is next to the exponent to base 2
   * @param r what is left, by the sign of the base
   */
  private record Reduced(VectorRegister biased, VectorRegister n, VectorRegister r) {}

  /** Overwrites x, which becomes r. */
  private Reduced reduced(VectorRegister x, float base) {
    float round = FunctionCode.ROUND / vector.isa().lanes();
    float sign = Math.signum(base);
    VectorRegister biased = filled(base);
    code.vfmadd213ps(biased, x, vector.constant(round));
    VectorRegister n = free.take();
    code.vsubps(n, biased, vector.constant(round));
    code.vfmadd231ps(x, n, vector.constant(-sign * FunctionCode.LN2_HIGH));
    code.vfmadd231ps(x, n, vector.constant(-sign * FunctionCode.LN2_LOW));
    return new Reduced(biased, n, x);
  }

  /** {@code 2^(n - less)}, which is a normal number; n and the biased one are released. */
  private VectorRegister power(Reduced reduced, int less) {
    VectorRegister power = reduced.n();
    code.vpermps(power, reduced.biased(), fractions(1 << exponentShift(), less << EXPONENT_SHIFT));
    code.vpslld(reduced.biased(), reduced.biased(), exponentShift());
    code.vpaddd(power, power, reduced.biased());
    free.release(reduced.biased());
    return power;
  }

  /** {@code power * e^r} for a small r; both are released. */
  private VectorRegister timesPower(VectorRegister power, VectorRegister r) {
    VectorRegister q = series(r, 1);
    code.vfmadd213ps(q, power, power);
    free.release(power);
    return q;
  }

  /** {@code e^(sign * r) - 1} for a small r, which is released. */
  private VectorRegister series(VectorRegister r, float sign) {
    VectorRegister q = filled(sign * EXP_CUBIC);
    code.vfmadd213ps(q, r, vector.constant(EXP_QUADRATIC));
    VectorRegister square = free.take();
    code.vmulps(square, r, r);
    if (sign > 0) {
      code.vfmadd213ps(q, square, r);
    } else {
      code.vfmsub213ps(q, square, r);
    }
    free.release(square);
    free.release(r);
    return q;
  }

  /** How far left {@link Reduced#biased} is from the exponent of a float. */
  private int exponentShift() {
    return EXPONENT_SHIFT - Integer.numberOfTrailingZeros(vector.isa().lanes());
  }

  /** The bits of 2^(i / lanes) for each lane i, less so many steps of i and less an offset. */
  private Address fractions(int step, int offset) {
    int lanes = vector.isa().lanes();
    return code.literals(IntStream.range(0, lanes)
        .mapToObj(i -> Float.floatToRawIntBits((float) Math.pow(2, (double) i / lanes)) - i * step - offset)
        .toList());
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
