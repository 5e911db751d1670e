package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class EliminateDeadCodeTest {
  @Test
  void dropsWhatNoOutputNeeds() {
    assertPass(new EliminateDeadCode()).rewrites("""
        input x: float32[N]
        constant one: float32[] = {1.5}
        a = Add(x, one)
        b = Exp(a)
        y = Neg(x)
        output y = y
        """, """
        input x: float32[N]
        y = Neg(x)
        output y = y
        """);
  }
}
