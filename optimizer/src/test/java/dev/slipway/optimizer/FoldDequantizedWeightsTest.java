package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FoldDequantizedWeightsTest {
  @Test
  void computesWeights() {
    assertPass(new FoldDequantizedWeights()).rewrites("""
        input x: float32[N, 1, 4, 4]
        constant q: int8[2, 1, 1, 1] = {2, 3}
        constant scale: float32[2] = {0.5, 2.0}
        w = DequantizeLinear(q, scale) {axis = 0}
        y = Conv(x, w)
        output y = y
        """, """
        input x: float32[N, 1, 4, 4]
        constant w: float32[2, 1, 1, 1] = {1.0, 6.0}
        y = Conv(x, w)
        output y = y
        """);
  }

  @Test
  void leavesIntegerLayers() {
    assertPass(new FoldDequantizedWeights()).refuses("""
        input x: uint8[N, 1, 4, 4]
        constant q: int8[2, 1, 1, 1] = {2, 3}
        constant scale: float32[] = {0.5}
        a = DequantizeLinear(x, scale)
        w = DequantizeLinear(q, scale)
        y = Conv(a, w)
        output y = y
        """, "its readers have quantised activations and compute on integers");
  }
}
