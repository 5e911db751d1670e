package dev.slipway.operators;

/** Functions that {@link Math} lacks, accurate to a few units in the last place of a double. */
final class Special {
  private Special() {}

  /** The error function: Taylor series near 0, continued fraction of erfc (Lentz) elsewhere. */
  static double erf(double x) {
    if (Double.isNaN(x)) {
      return x;
    }
    double a = Math.abs(x);
    if (a > 6) {
      return Math.signum(x);
    }
    return Math.copySign(a < 2.5 ? series(a) : 1 - fraction(a), x);
  }

  private static double series(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }

  private static double fraction(double x) {
    double value = x;
    for (int n = 60; n >= 1; n--) {
      value = x + n / 2.0 / value;
    }
    return Math.exp(-x * x) / (value * Math.sqrt(Math.PI));
  }

  static double asinh(double x) {
    double a = Math.abs(x);
    return Math.copySign(Math.log1p(a + a * a / (1 + Math.sqrt(a * a + 1))), x);
  }

  static double acosh(double x) {
    return Math.log(x + Math.sqrt(x - 1) * Math.sqrt(x + 1));
  }

  static double atanh(double x) {
    return 0.5 * Math.log1p(2 * x / (1 - x));
  }

  /** The inverse of the normal distribution function, by bisection. */
  static double probit(double p) {
    if (!(p > 0 && p < 1)) {
      return p == 0 ? Double.NEGATIVE_INFINITY : p == 1 ? Double.POSITIVE_INFINITY : Double.NaN;
    }
    double low = -40;
    double high = 40;
    while (high - low > Math.ulp(high) + Math.ulp(low)) {
      double middle = (low + high) / 2;
      if (0.5 * (1 + erf(middle * Math.sqrt(0.5))) < p) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return (low + high) / 2;
  }
}
