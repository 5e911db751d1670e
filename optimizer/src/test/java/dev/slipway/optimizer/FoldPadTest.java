package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FoldPadTest {
  @Test
  void foldsIntoAConvolution() {
    assertPass(new FoldPad()).rewrites("""
        input x: float32[N, 1, 4, 4]
        input w: float32[2, 1, 3, 3]
        constant pads: int64[8] = {0, 0, 0, 1, 0, 0, 1, 2}
        p = Pad(x, pads)
        y = Conv(p, w) {pads = [1, 1, 1, 1]}
        output y = y
        """, """
        input x: float32[N, 1, 4, 4]
        input w: float32[2, 1, 3, 3]
        y = Conv(x, w) {pads = [1, 2, 2, 3]}
        output y = y
        """);
  }

  @Test
  void foldsIntoAnAveragePool() {
    assertPass(new FoldPad()).rewrites("""
        input x: float32[N, 1, 4, 4]
        constant pads: int64[4] = {0, 1, 0, 1}
        constant axes: int64[2] = {2, -1}
        p = Pad(x, pads, _, axes)
        y = AveragePool(p) {kernel_shape = [3, 3]}
        output y = y
        """, """
        input x: float32[N, 1, 4, 4]
        y = AveragePool(x) {kernel_shape = [3, 3], pads = [0, 1, 0, 1], count_include_pad = 1}
        output y = y
        """);
  }

  @Test
  void refusesPadsAsWideAsAnAveragePool() {
    assertPass(new FoldPad()).refuses("""
        input x: float32[N, 1, 4, 4]
        constant pads: int64[8] = {0, 0, 1, 1, 0, 0, 2, 1}
        p = Pad(x, pads)
        y = AveragePool(p) {kernel_shape = [2, 2]}
        output y = y
        """, "Pad_0 pads with 0.0, which its own padding does not stand for");
  }

  @Test
  void foldsIntoAMaxPool() {
    assertPass(new FoldPad()).rewrites("""
        input x: float32[N, 1, 4, 4]
        constant pads: int64[8] = {0, 0, 1, 1, 0, 0, 1, 1}
        constant low: float32[] = {-inf}
        p = Pad(x, pads, low)
        y = MaxPool(p) {kernel_shape = [3, 3]}
        output y = y
        """, """
        input x: float32[N, 1, 4, 4]
        y = MaxPool(x) {kernel_shape = [3, 3], pads = [1, 1, 1, 1]}
        output y = y
        """);
  }

  @Test
  void foldsZerosBehindRelu() {
    assertPass(new FoldPad()).rewrites("""
        input x: float32[N, 1, 4, 4]
        constant pads: int64[8] = {0, 0, 1, 1, 0, 0, 1, 1}
        r = Relu(x)
        p = Pad(r, pads)
        y = MaxPool(p) {kernel_shape = [3, 3]}
        output y = y
        """, """
        input x: float32[N, 1, 4, 4]
        r = Relu(x)
        y = MaxPool(r) {kernel_shape = [3, 3], pads = [1, 1, 1, 1]}
        output y = y
        """);
  }

  @Test
  void refusesZerosInFrontOfMaxPool() {
    assertPass(new FoldPad()).refuses("""
        input x: float32[N, 1, 4, 4]
        constant pads: int64[8] = {0, 0, 1, 1, 0, 0, 1, 1}
        p = Pad(x, pads)
        y = MaxPool(p) {kernel_shape = [3, 3]}
        output y = y
        """, "Pad_0 pads with 0.0, which its own padding does not stand for");
  }

  @Test
  void refusesOtherValues() {
    assertPass(new FoldPad()).refuses("""
        input x: float32[N, 1, 4, 4]
        input w: float32[2, 1, 3, 3]
        constant pads: int64[8] = {0, 0, 0, 1, 0, 0, 1, 2}
        constant one: float32[] = {1.0}
        p = Pad(x, pads, one)
        y = Conv(p, w)
        output y = y
        """, "Pad_0 pads with 1.0, which its own padding does not stand for");
  }

  @Test
  void refusesReflection() {
    assertPass(new FoldPad()).refuses("""
        input x: float32[N, 1, 4, 4]
        input w: float32[2, 1, 3, 3]
        constant pads: int64[8] = {0, 0, 0, 1, 0, 0, 1, 2}
        p = Pad(x, pads) {mode = "reflect"}
        y = Conv(p, w)
        output y = y
        """, "Pad_0 pads with REFLECT");
  }

  @Test
  void refusesChannels() {
    assertPass(new FoldPad()).refuses("""
        input x: float32[N, 1, 4, 4]
        input w: float32[2, 2, 3, 3]
        constant pads: int64[8] = {0, 1, 0, 0, 0, 0, 0, 0}
        p = Pad(x, pads)
        y = Conv(p, w)
        output y = y
        """, "Pad_0 pads other axes than spatial ones, or takes elements away");
  }
}
