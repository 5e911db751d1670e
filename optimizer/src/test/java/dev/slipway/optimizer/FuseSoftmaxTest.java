package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FuseSoftmaxTest {
  @Test
  void fusesTheStableForm() {
    assertPass(new FuseSoftmax()).rewrites("""
        input x: float32[N, T]
        constant axis: int64[1] = {-1}
        m = ReduceMax(x, axis)
        d = Sub(x, m)
        e = Exp(d)
        s = ReduceSum(e, axis)
        y = Div(e, s)
        output y = y
        """, """
        input x: float32[N, T]
        y = Softmax(x) {axis = 1}
        output y = y
        """);
  }

  @Test
  void fusesTheShortForm() {
    assertPass(new FuseSoftmax()).rewrites("""
        input x: float32[N, T]
        constant axis: int64[1] = {0}
        e = Exp(x)
        s = ReduceSum(e, axis)
        y = Div(e, s)
        output y = y
        """, """
        input x: float32[N, T]
        y = Softmax(x) {axis = 0}
        output y = y
        """);
  }

  @Test
  void refusesSeveralAxes() {
    assertPass(new FuseSoftmax()).refuses("""
        input x: float32[N, T]
        constant axes: int64[2] = {0, 1}
        e = Exp(x)
        s = ReduceSum(e, axes)
        y = Div(e, s)
        output y = y
        """, "ReduceSum_0 does not reduce one axis that it keeps");
  }

  @Test
  void keepsTheSumOfAnother() {
    assertPass(new FuseSoftmax()).keeps("""
        input x: float32[N, T]
        constant axes: int64[1] = {1}
        e = Exp(x)
        s = ReduceSum(x, axes)
        y = Div(e, s)
        output y = y
        """);
  }
}
