package dev.slipway.backend.cpu;

import java.lang.classfile.CodeBuilder;
import java.util.HashMap;
import java.util.Map;

/**
 * Emits transcendental functions of vectors into generated kernels. They cannot be methods that kernels call: C2
 * compiles such a method by itself as soon as it is hot, and then refuses to inline it ("already compiled into a big
 * method"), and every vector that crosses the call is boxed: 30 ns for each element where it takes 0.5 ns inline.
 *
 * <p>Maximal errors over all finite floats, in units in the last place unless said: exp 3, sigmoid 3, tanh 4, erf 1e-6
 * absolute. NaN passes through.
 */
final class FunctionCode {
  static final float LOG2E = 1.44269504088896341f;

  /** ln 2 in two parts, so that {@code x - n ln 2} is exact to single precision. */
  static final float LN2_HIGH = 0.693359375f;

  static final float LN2_LOW = -2.12194440e-4f;

  /** 1.5 * 2^23: adding it rounds to an integer, which then lies in the low bits. */
  static final float ROUND = 12582912f;

  /** Bounds of the argument between which 2^n is a normal number. */
  static final float EXP_LOWEST = -87.33654f;

  static final float EXP_HIGHEST = 88.02969f;

  /** Cephes expf: minimax on [-ln 2 / 2, ln 2 / 2], highest power first. */
  static final float[] EXP = {
    1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f
  };

  /** Rational approximation of Eigen and ONNX Runtime on [-9, 9], in x^2. */
  static final float TANH_BOUND = 9f;

  static final float[] TANH_NUMERATOR = {
    -2.76076847742355e-16f,
    2.00018790482477e-13f,
    -8.60467152213735e-11f,
    5.12229709037114e-08f,
    1.48572235717979e-05f,
    6.37261928875436e-04f,
    4.89352455891786e-03f
  };
  static final float[] TANH_DENOMINATOR = {
    1.19825839466702e-06f, 1.18534705686654e-04f, 2.26843463243900e-03f, 4.89352518554385e-03f
  };

  /** Piecewise minimax of ONNX Runtime's MLAS: a polynomial in x^2 up to the split, 1 - exp(-polynomial) above. */
  static final float ERF_BOUND = 3.925f;

  static final float ERF_SPLIT = 0.921875f;
  static final float[] ERF_SMALL = {
    -5.99104969e-4f, 4.99339588e-3f, -2.67667342e-2f, 1.12818025e-1f, -3.76124859e-1f, 1.28379151e-1f
  };
  static final float[] ERF_LARGE = {
    1.72948930e-5f, -3.83208680e-4f, 3.88393435e-3f, -2.42545605e-2f, 1.06777847e-1f, 6.34846687e-1f, 1.28717512e-1f
  };

  static final float TWO_TO_23 = 8388608f;

  private final CodeBuilder code;
  private final VectorCode vector;
  private final Map<Float, Integer> constants = new HashMap<>();

  FunctionCode(CodeBuilder code, VectorCode vector) {
    this.code = code;
    this.vector = vector;
  }

  /** Emits constants into new locals, ahead of the loop that uses them; those that are there already are shared. */
  void declare(float... values) {
    for (float value : values) {
      if (!constants.containsKey(value)) {
        int local = vector.vectorLocal();
        vector.constant(value);
        code.astore(local);
        constants.put(value, local);
      }
    }
  }

  void declareExp() {
    declare(EXP_LOWEST, EXP_HIGHEST, ROUND, LOG2E, -LN2_HIGH, -LN2_LOW, 1);
    declare(EXP);
  }

  void declareFullExp() {
    declareExp();
    declare(0.5f);
  }

  void declareTanh() {
    declare(-TANH_BOUND, TANH_BOUND);
    declare(TANH_NUMERATOR);
    declare(TANH_DENOMINATOR);
  }

  void declareErf() {
    declareExp();
    declare(0, ERF_BOUND, ERF_SPLIT);
    declare(ERF_SMALL);
    declare(ERF_LARGE);
  }

  void declareRounding() {
    declare(0, 1, TWO_TO_23);
  }

  /** The local of a declared constant. */
  int constant(float value) {
    return constants.get(value);
  }

  /** e^x over the whole range, infinite above and denormal or zero below: the square of the root, which is in range. */
  int fullExp(int x) {
    int root = exp(binary("mul", x, constant(0.5f)));
    return binary("mul", root, root);
  }

  /** e^x; 2^-126 below -87.3 and 2^127 above 88.03. */
  int exp(int x) {
    int clipped = clip(x, EXP_LOWEST, EXP_HIGHEST);
    int biased = fma(clipped, constant(LOG2E), constant(ROUND));
    int n = binary("sub", biased, constant(ROUND));
    int r = fma(n, constant(-LN2_LOW), fma(n, constant(-LN2_HIGH), clipped));
    int p = polynomial(r, EXP);
    int result = binary("add", fma(p, binary("mul", r, r), r), constant(1));
    vector.scaleByPower(result, biased);
    return stored();
  }

  /** 1 / (1 + e^-x). */
  int sigmoid(int x) {
    return binary("div", constant(1), binary("add", exp(unary("neg", x)), constant(1)));
  }

  int tanh(int x) {
    int c = clip(x, -TANH_BOUND, TANH_BOUND);
    int s = binary("mul", c, c);
    int numerator = binary("mul", polynomial(s, TANH_NUMERATOR), c);
    return binary("div", numerator, polynomial(s, TANH_DENOMINATOR));
  }

  int erf(int x) {
    int magnitude = unary("abs", x);
    int a = replaceWhere(magnitude, "GT", constant(ERF_BOUND));
    int small = fma(polynomial(binary("mul", a, a), ERF_SMALL), a, a);
    int large = fma(polynomial(a, ERF_LARGE), a, a);
    large = binary("sub", constant(1), exp(unary("neg", large)));
    code.aload(small).aload(large);
    vector.compare("GT", a, constant(ERF_SPLIT));
    vector.blend();
    return withSignOf(x, stored());
  }

  /** -1, 0 or 1; NaN for a NaN. */
  int sign(int x) {
    code.aload(x).aload(constant(1));
    vector.compare("GT", x, constant(0));
    vector.blend();
    int positive = stored();
    code.aload(positive).aload(unary("neg", constant(1)));
    vector.compare("LT", x, constant(0));
    vector.blend();
    return stored();
  }

  /** The nearest integer, half to even. */
  int round(int x) {
    int magnitude = unary("abs", x);
    int rounded = binary("sub", binary("add", magnitude, constant(TWO_TO_23)), constant(TWO_TO_23));
    int signed = withSignOf(x, rounded);
    // From 2^23 on all floats are integers; NaN and infinity stay too.
    code.aload(x).aload(signed);
    vector.compare("LT", magnitude, constant(TWO_TO_23));
    vector.blend();
    return stored();
  }

  int floor(int x) {
    return corrected(round(x), "GT", x, "sub");
  }

  int ceil(int x) {
    return corrected(round(x), "LT", x, "add");
  }

  /** The rounded number, one further where it lies on the wrong side of x. */
  private int corrected(int rounded, String wrong, int x, String method) {
    int further = binary(method, rounded, constant(1));
    code.aload(rounded).aload(further);
    vector.compare(wrong, rounded, x);
    vector.blend();
    return stored();
  }

  private int withSignOf(int x, int magnitude) {
    int negative = unary("neg", magnitude);
    code.aload(magnitude).aload(negative);
    vector.compare("LT", x, constant(0));
    vector.blend();
    return stored();
  }

  private int clip(int x, float low, float high) {
    return replaceWhere(replaceWhere(x, "LT", constant(low)), "GT", constant(high));
  }

  /** {@code bound} where {@code x OP bound}, else x; NaN passes through. */
  int replaceWhere(int x, String comparison, int bound) {
    code.aload(x).aload(bound);
    vector.compare(comparison, x, bound);
    vector.blend();
    return stored();
  }

  /** Horner's rule, highest power first. */
  private int polynomial(int x, float[] coefficients) {
    int p = constant(coefficients[0]);
    for (int i = 1; i < coefficients.length; i++) {
      p = fma(p, x, constant(coefficients[i]));
    }
    return p;
  }

  private int fma(int a, int b, int c) {
    code.aload(a).aload(b).aload(c);
    vector.fma();
    return stored();
  }

  private int binary(String method, int a, int b) {
    code.aload(a).aload(b);
    vector.binary(method);
    return stored();
  }

  private int unary(String method, int a) {
    code.aload(a);
    vector.unary(method);
    return stored();
  }

  private int stored() {
    int local = vector.vectorLocal();
    code.astore(local);
    return local;
  }
}
