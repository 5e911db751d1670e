package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FuseSwishTest {
  @Test
  void fusesTheGate() {
    assertPass(new FuseSwish()).rewrites("""
        input x: float32[N, T]
        s = Sigmoid(x)
        y = Mul(s, x)
        output y = y
        """, """
        input x: float32[N, T]
        y = Swish(x)
        output y = y
        """);
  }

  @Test
  void fusesTheScaledGate() {
    assertPass(new FuseSwish()).rewrites("""
        input x: float32[N, T]
        constant slope: float32[] = {1.702}
        m = Mul(x, slope)
        s = Sigmoid(m)
        y = Mul(x, s)
        output y = y
        """, """
        input x: float32[N, T]
        y = Swish(x) {alpha = 1.702}
        output y = y
        """);
  }

  @Test
  void keepsTheGateOfAnother() {
    assertPass(new FuseSwish()).keeps("""
        input x: float32[N, T]
        input z: float32[N, T]
        s = Sigmoid(z)
        y = Mul(s, x)
        output y = y
        """);
  }
}
