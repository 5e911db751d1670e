package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FuseRMSNormalizationTest {
  private static final String SQUARES = """
      input x: float32[N, T, 2]
      constant axis: int64[1] = {-1}
      constant two: float32[] = {2.0}
      constant one: float32[] = {1.0}
      constant power: float32[] = {-0.5}
      constant epsilon: float32[] = {0.5}
      constant gamma: float32[2] = {1.0, 2.0}
      p = Pow(x, two)
      v = ReduceMean(p, axis)
      a = Add(v, epsilon)
      """;

  @ParameterizedTest
  @ValueSource(strings = {
    "s = Sqrt(a) q = Div(x, s)",
    "s = Sqrt(a) r = Reciprocal(s) q = Mul(x, r)",
    "s = Sqrt(a) r = Div(one, s) q = Mul(r, x)",
    "r = Pow(a, power) q = Mul(x, r)"
  })
  void fusesEveryForm(String quotient) {
    assertPass(new EliminateDeadCode(), new FuseRMSNormalization()).rewrites(
        SQUARES + quotient + "\ny = Mul(gamma, q)\noutput y = y\n", """
        input x: float32[N, T, 2]
        constant gamma: float32[2] = {1.0, 2.0}
        y = RMSNormalization(x, gamma) {epsilon = 0.5}
        output y = y
        """);
  }

  @Test
  void refusesAQuotientWithoutScale() {
    assertPass(new FuseRMSNormalization()).refuses(SQUARES + """
        s = Sqrt(a)
        q = Div(x, s)
        y = Mul(q, two)
        z = Mul(y, gamma)
        u = Mul(z, one)
        t = Pow(u, power)
        output y = t
        """, "no scale of [2] behind it");
  }
}
