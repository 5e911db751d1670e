package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FuseLayerNormalizationTest {
  @Test
  void fusesScaleAndBias() {
    assertPass(new EliminateDeadCode(), new FuseLayerNormalization()).rewrites("""
        input x: float32[N, T, 2]
        constant axis: int64[1] = {-1}
        constant two: float32[] = {2.0}
        constant epsilon: float32[] = {0.5}
        constant gamma: float32[2] = {1.0, 2.0}
        constant beta: float32[2] = {3.0, 4.0}
        m = ReduceMean(x, axis)
        d = Sub(x, m)
        p = Pow(d, two)
        v = ReduceMean(p, axis)
        a = Add(v, epsilon)
        s = Sqrt(a)
        q = Div(d, s)
        g = Mul(q, gamma)
        y = Add(beta, g)
        output y = y
        """, """
        input x: float32[N, T, 2]
        constant gamma: float32[2] = {1.0, 2.0}
        constant beta: float32[2] = {3.0, 4.0}
        y = LayerNormalization(x, gamma, beta) {epsilon = 0.5}
        output y = y
        """);
  }

  @Test
  void fusesWithoutScale() {
    assertPass(new EliminateDeadCode(), new FuseLayerNormalization()).rewrites("""
        input x: float32[N, T, 2]
        constant axis: int64[1] = {-1}
        constant two: float32[] = {2.0}
        constant epsilon: float32[] = {0.5}
        constant gamma: float32[2] = {1.0, 2.0}
        constant beta: float32[2] = {3.0, 4.0}
        m = ReduceMean(x, axis)
        d = Sub(x, m)
        p = Mul(d, d)
        v = ReduceMean(p, axis)
        a = Add(epsilon, v)
        s = Sqrt(a)
        y = Div(d, s)
        output y = y
        """, """
        input x: float32[N, T, 2]
        constant ones: float32[2] = {1.0, 1.0}
        y = LayerNormalization(x, ones) {epsilon = 0.5}
        output y = y
        """);
  }

  @Test
  void refusesOtherAxes() {
    assertPass(new EliminateDeadCode(), new FuseLayerNormalization()).refuses("""
        input x: float32[N, T, 2]
        constant axis: int64[1] = {1}
        constant epsilon: float32[] = {0.5}
        m = ReduceMean(x, axis)
        d = Sub(x, m)
        p = Mul(d, d)
        v = ReduceMean(p, axis)
        a = Add(epsilon, v)
        s = Sqrt(a)
        y = Div(d, s)
        output y = y
        """, "it normalises axes [1] of [N, T, 2], not the last");
  }

  @Test
  void keepsTheVarianceOfAnother() {
    assertPass(new EliminateDeadCode(), new FuseLayerNormalization()).keeps("""
        input x: float32[N, T, 2]
        input z: float32[N, T, 2]
        constant axis: int64[1] = {-1}
        constant epsilon: float32[] = {0.5}
        m = ReduceMean(z, axis)
        d = Sub(x, m)
        p = Mul(d, d)
        v = ReduceMean(p, axis)
        a = Add(epsilon, v)
        s = Sqrt(a)
        y = Div(d, s)
        output y = y
        """);
  }
}
