package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FuseHardSwishTest {
  @Test
  void fusesWithTheDivisionLast() {
    assertPass(new EliminateDeadCode(), new FuseHardSigmoid(), new FuseHardSwish()).rewrites("""
        input x: float32[N, T]
        constant zero: float32[] = {0.0}
        constant three: float32[] = {3.0}
        constant six: float32[] = {6.0}
        constant sixth: float32[] = {0.16666667}
        a = Add(x, three)
        c = Clip(a, zero, six)
        m = Mul(x, c)
        y = Div(m, six)
        output y = y
        """, """
        input x: float32[N, T]
        y = HardSwish(x)
        output y = y
        """);
  }

  @Test
  void fusesWithTheDivisionFirst() {
    assertPass(new EliminateDeadCode(), new FuseHardSigmoid(), new FuseHardSwish()).rewrites("""
        input x: float32[N, T]
        constant zero: float32[] = {0.0}
        constant three: float32[] = {3.0}
        constant six: float32[] = {6.0}
        constant sixth: float32[] = {0.16666667}
        a = Add(three, x)
        c = Clip(a, zero, six)
        m = Mul(c, sixth)
        y = Mul(m, x)
        output y = y
        """, """
        input x: float32[N, T]
        y = HardSwish(x)
        output y = y
        """);
  }

  @Test
  void fusesHardSigmoid() {
    assertPass(new EliminateDeadCode(), new FuseHardSigmoid(), new FuseHardSwish()).rewrites("""
        input x: float32[N, T]
        s = HardSigmoid(x) {alpha = 0.16666667, beta = 0.5}
        y = Mul(x, s)
        output y = y
        """, """
        input x: float32[N, T]
        y = HardSwish(x)
        output y = y
        """);
  }

  @Test
  void keepsOtherSlopes() {
    assertPass(new EliminateDeadCode(), new FuseHardSigmoid(), new FuseHardSwish()).keeps("""
        input x: float32[N, T]
        s = HardSigmoid(x) {alpha = 0.2, beta = 0.5}
        y = Mul(x, s)
        output y = y
        """);
  }

  @Test
  void keepsOtherGates() {
    assertPass(new EliminateDeadCode(), new FuseHardSigmoid(), new FuseHardSwish()).keeps("""
        input x: float32[N, T]
        input z: float32[N, T]
        s = HardSigmoid(z) {alpha = 0.16666667, beta = 0.5}
        y = Mul(x, s)
        output y = y
        """);
  }
}
