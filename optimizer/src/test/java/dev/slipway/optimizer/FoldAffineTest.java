package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FoldAffineTest {
  @Test
  void makesABiasOfAnAddition() {
    assertPass(new FoldAffine()).rewrites("""
        input x: float32[N, 1, 4, 4]
        input w: float32[2, 1, 1, 1]
        constant b: float32[2, 1, 1] = {2.0, 4.0}
        c = Conv(x, w)
        y = Add(b, c)
        output y = y
        """, """
        input x: float32[N, 1, 4, 4]
        input w: float32[2, 1, 1, 1]
        constant b: float32[2] = {2.0, 4.0}
        y = Conv(x, w, b)
        output y = y
        """);
  }

  @Test
  void scalesTheWeights() {
    assertPass(new FoldAffine()).rewrites("""
        input x: float32[N, 1, 4, 4]
        constant w: float32[2, 1, 1, 1] = {1.0, 2.0}
        constant b: float32[2] = {2.0, 4.0}
        constant m: float32[1, 2, 1, 1] = {2.0, 4.0}
        constant one: float32[] = {1.0}
        c = Conv(x, w, b)
        d = Div(c, m)
        e = Sub(one, d)
        y = Mul(e, m)
        output y = y
        """, """
        input x: float32[N, 1, 4, 4]
        constant w: float32[2, 1, 1, 1] = {-1.0, -2.0}
        constant b: float32[2] = {0.0, 0.0}
        y = Conv(x, w, b)
        output y = y
        """);
  }

  @Test
  void scalesAMatrix() {
    assertPass(new FoldAffine()).rewrites("""
        input x: float32[N, T, 2]
        constant w: float32[2, 2] = {1.0, 2.0, 3.0, 4.0}
        constant half: float32[] = {0.5}
        c = MatMul(x, w)
        y = Mul(c, half)
        output y = y
        """, """
        input x: float32[N, T, 2]
        constant w: float32[2, 2] = {0.5, 1.0, 1.5, 2.0}
        y = MatMul(x, w)
        output y = y
        """);
  }

  @Test
  void refusesAConstantForEachElement() {
    assertPass(new FoldAffine()).refuses("""
        input x: float32[N, 1, 1, 2]
        constant w: float32[2, 1, 1, 1] = {1.0, 2.0}
        constant m: float32[2] = {2.0, 4.0}
        c = Conv(x, w)
        y = Mul(c, m)
        output y = y
        """, "its constant is not one for each channel of Conv_0");
  }

  @Test
  void refusesADivisionByTheLayer() {
    assertPass(new FoldAffine()).refuses("""
        input x: float32[N, 1, 1, 2]
        constant w: float32[2, 1, 1, 1] = {1.0, 2.0}
        constant m: float32[] = {2.0}
        c = Conv(x, w)
        y = Div(m, c)
        output y = y
        """, "it divides by the output of Conv_0");
  }

  @Test
  void refusesABiasForAProduct() {
    assertPass(new FoldAffine()).refuses("""
        input x: float32[N, 2]
        constant w: float32[2, 2] = {1.0, 2.0, 3.0, 4.0}
        constant m: float32[] = {2.0}
        c = MatMul(x, w)
        y = Add(c, m)
        output y = y
        """, "a matrix product has no bias");
  }
}
