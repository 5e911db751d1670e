package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class EliminateCommonSubexpressionsTest {
  @Test
  void mergesChainsAndConstants() {
    assertPass(new EliminateCommonSubexpressions()).rewrites("""
        input x: float32[N]
        constant one: float32[] = {1.5}
        constant uno: float32[] = {1.5}
        a = Add(x, one)
        b = Add(x, uno)
        c = Exp(a)
        d = Exp(b)
        y = Mul(c, d)
        output y = y
        """, """
        input x: float32[N]
        constant one: float32[] = {1.5}
        a = Add(x, one)
        c = Exp(a)
        y = Mul(c, c)
        output y = y
        """);
  }

  @Test
  void keepsWhatDiffers() {
    assertPass(new EliminateCommonSubexpressions()).keeps("""
        input x: float32[N]
        constant one: float32[] = {1.5}
        constant other: float32[1] = {1.5}
        a = Add(x, one)
        b = Add(x, other)
        c = LeakyRelu(a) {alpha = 0.1}
        d = LeakyRelu(a) {alpha = 0.2}
        e = Mul(c, d)
        y = Mul(e, b)
        output y = y
        """);
  }
}
