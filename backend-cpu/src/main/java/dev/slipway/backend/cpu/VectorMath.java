package dev.slipway.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transcendental functions of vectors: C2 inlines them into loops, where the lanewise functions of the Vector API are
 * calls. The species is a parameter that is a constant at every call site.
 *
 * <p>Maximal errors over all finite floats, in units in the last place unless said: exp 1.5, sigmoid 3, tanh 4, erf
 * 1e-6 absolute. NaN passes through.
 */
final class VectorMath {
  private static final float LOG2E = 1.44269504088896341f;
  /** ln 2 in two parts, so that {@code x - n ln 2} is exact to single precision. */
  private static final float LN2_HIGH = 0.693359375f;

  private static final float LN2_LOW = -2.12194440e-4f;
  /** 1.5 * 2^23: adding it rounds to an integer, which then lies in the low bits. */
  private static final float ROUND = 12582912f;

  private static final float EXP_LOWEST = -87.33654f;
  private static final float EXP_HIGHEST = 88.72283f;

  private VectorMath() {}

  /** e^x; flushes to the smallest normal number below -87.3 and to 3.4e38 above 88.7. */
  static FloatVector exp(VectorSpecies<Float> species, FloatVector x) {
    FloatVector low = FloatVector.broadcast(species, EXP_LOWEST);
    FloatVector high = FloatVector.broadcast(species, EXP_HIGHEST);
    FloatVector clipped = x.blend(low, x.compare(VectorOperators.LT, low));
    clipped = clipped.blend(high, clipped.compare(VectorOperators.GT, high));
    FloatVector round = FloatVector.broadcast(species, ROUND);
    FloatVector biased = clipped.fma(FloatVector.broadcast(species, LOG2E), round);
    FloatVector n = biased.sub(round);
    FloatVector r = n.fma(FloatVector.broadcast(species, -LN2_HIGH), clipped);
    r = n.fma(FloatVector.broadcast(species, -LN2_LOW), r);
    // Cephes expf: minimax on [-ln 2 / 2, ln 2 / 2].
    FloatVector p = r.fma(FloatVector.broadcast(species, 1.9875691500e-4f), FloatVector.broadcast(species, 1.3981999507e-3f));
    p = p.fma(r, FloatVector.broadcast(species, 8.3334519073e-3f));
    p = p.fma(r, FloatVector.broadcast(species, 4.1665795894e-2f));
    p = p.fma(r, FloatVector.broadcast(species, 1.6666665459e-1f));
    p = p.fma(r, FloatVector.broadcast(species, 5.0000001201e-1f));
    p = p.fma(r.mul(r), r).add(1f);
    // 2^n: n sits in the low bits of biased; move it into the exponent and add it to p's.
    IntVector exponent = biased.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    return p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
  }

  /** 1 / (1 + e^-x). */
  static FloatVector sigmoid(VectorSpecies<Float> species, FloatVector x) {
    FloatVector one = FloatVector.broadcast(species, 1f);
    return one.div(exp(species, x.neg()).add(one));
  }

  /** Rational approximation of Eigen and ONNX Runtime on [-9, 9]. */
  static FloatVector tanh(VectorSpecies<Float> species, FloatVector x) {
    FloatVector low = FloatVector.broadcast(species, -9f);
    FloatVector high = FloatVector.broadcast(species, 9f);
    FloatVector c = x.blend(low, x.compare(VectorOperators.LT, low));
    c = c.blend(high, c.compare(VectorOperators.GT, high));
    FloatVector s = c.mul(c);
    FloatVector p =
        s.fma(FloatVector.broadcast(species, -2.76076847742355e-16f), FloatVector.broadcast(species, 2.00018790482477e-13f));
    p = p.fma(s, FloatVector.broadcast(species, -8.60467152213735e-11f));
    p = p.fma(s, FloatVector.broadcast(species, 5.12229709037114e-08f));
    p = p.fma(s, FloatVector.broadcast(species, 1.48572235717979e-05f));
    p = p.fma(s, FloatVector.broadcast(species, 6.37261928875436e-04f));
    p = p.fma(s, FloatVector.broadcast(species, 4.89352455891786e-03f));
    FloatVector q =
        s.fma(FloatVector.broadcast(species, 1.19825839466702e-06f), FloatVector.broadcast(species, 1.18534705686654e-04f));
    q = q.fma(s, FloatVector.broadcast(species, 2.26843463243900e-03f));
    q = q.fma(s, FloatVector.broadcast(species, 4.89352518554385e-03f));
    return p.mul(c).div(q);
  }

  /** Error function: the piecewise minimax of ONNX Runtime's MLAS, branch-free. */
  static FloatVector erf(VectorSpecies<Float> species, FloatVector x) {
    FloatVector a = x.abs();
    FloatVector four = FloatVector.broadcast(species, 3.925f);
    a = a.blend(four, a.compare(VectorOperators.GT, four));
    FloatVector s = a.mul(a);
    // |x| <= 0.921875: odd polynomial.
    FloatVector p = s.fma(FloatVector.broadcast(species, -5.99104969e-4f), FloatVector.broadcast(species, 4.99339588e-3f));
    p = p.fma(s, FloatVector.broadcast(species, -2.67667342e-2f));
    p = p.fma(s, FloatVector.broadcast(species, 1.12818025e-1f));
    p = p.fma(s, FloatVector.broadcast(species, -3.76124859e-1f));
    p = p.fma(s, FloatVector.broadcast(species, 1.28379151e-1f));
    FloatVector small = p.fma(a, a);
    // Above: 1 - exp(polynomial).
    FloatVector q = a.fma(FloatVector.broadcast(species, 1.72948930e-5f), FloatVector.broadcast(species, -3.83208680e-4f));
    q = q.fma(a, FloatVector.broadcast(species, 3.88393435e-3f));
    q = q.fma(a, FloatVector.broadcast(species, -2.42545605e-2f));
    q = q.fma(a, FloatVector.broadcast(species, 1.06777847e-1f));
    q = q.fma(a, FloatVector.broadcast(species, 6.34846687e-1f));
    q = q.fma(a, FloatVector.broadcast(species, 1.28717512e-1f));
    q = q.fma(a, a);
    FloatVector big = FloatVector.broadcast(species, 1f).sub(exp(species, q.neg()));
    FloatVector r = small.blend(big, a.compare(VectorOperators.GT, 0.921875f));
    FloatVector negative = r.neg();
    return r.blend(negative, x.compare(VectorOperators.LT, 0f));
  }

  /** -1, 0 or 1; NaN for a NaN. */
  static FloatVector sign(VectorSpecies<Float> species, FloatVector x) {
    FloatVector zero = FloatVector.zero(species);
    FloatVector positive = x.blend(FloatVector.broadcast(species, 1f), x.compare(VectorOperators.GT, zero));
    return positive.blend(FloatVector.broadcast(species, -1f), x.compare(VectorOperators.LT, zero));
  }

  /** The nearest integer, half to even. */
  static FloatVector round(VectorSpecies<Float> species, FloatVector x) {
    FloatVector magic = FloatVector.broadcast(species, 8388608f);
    FloatVector magnitude = x.abs();
    FloatVector rounded = magnitude.add(magic).sub(magic);
    rounded = rounded.blend(rounded.neg(), x.compare(VectorOperators.LT, 0f));
    // From 2^23 on all floats are integers; NaN and infinity stay too.
    return x.blend(rounded, magnitude.compare(VectorOperators.LT, magic));
  }

  static FloatVector floor(VectorSpecies<Float> species, FloatVector x) {
    FloatVector rounded = round(species, x);
    return rounded.blend(rounded.sub(1f), rounded.compare(VectorOperators.GT, x));
  }

  static FloatVector ceil(VectorSpecies<Float> species, FloatVector x) {
    FloatVector rounded = round(species, x);
    return rounded.blend(rounded.add(1f), rounded.compare(VectorOperators.LT, x));
  }
}
