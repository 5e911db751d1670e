package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FuseHardSigmoidTest {
  @Test
  void fusesADivision() {
    assertPass(new FuseHardSigmoid()).rewrites("""
        input x: float32[N, T]
        constant zero: float32[] = {0.0}
        constant three: float32[] = {3.0}
        constant six: float32[] = {6.0}
        a = Add(x, three)
        c = Clip(a, zero, six)
        y = Div(c, six)
        output y = y
        """, """
        input x: float32[N, T]
        y = HardSigmoid(x) {alpha = 0.16666667}
        output y = y
        """);
  }

  @Test
  void keepsOtherBounds() {
    assertPass(new FuseHardSigmoid()).keeps("""
        input x: float32[N, T]
        constant zero: float32[] = {0.0}
        constant three: float32[] = {3.0}
        constant six: float32[] = {6.0}
        a = Add(x, three)
        c = Clip(a, three, six)
        y = Div(c, six)
        output y = y
        """);
  }
}
