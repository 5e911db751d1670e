package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FoldSpaceToDepthTest {
  private static final String SLICES = """
        constant first: int64[1] = {0}
        constant second: int64[1] = {1}
        constant end: int64[1] = {9223372036854775807}
        constant step: int64[1] = {2}
        constant row: int64[1] = {2}
        constant column: int64[1] = {-1}
        even = Slice(x, first, end, row, step)
        odd = Slice(x, second, end, row, step)
        p = Slice(even, first, end, column, step)
        q = Slice(odd, first, end, column, step)
        r = Slice(even, second, end, column, step)
        s = Slice(odd, second, end, column, step)
      """;

  @Test
  void foldsTheFocusLayer() {
    assertPass(new FoldSpaceToDepth()).rewrites("""
        input x: float32[N, 1, 6, 8]
        constant w: float32[1, 4, 1, 1] = {1, 2, 3, 4}
        %s
        c = Concat(p, q, r, s) {axis = 1}
        y = Conv(c, w) {pads = [1, 0, 1, 1], strides = [1, 2]}
        output y = y
        """.formatted(SLICES), """
        input x: float32[N, 1, 6, 8]
        constant w: float32[1, 1, 2, 2] = {1, 3, 2, 4}
        y = Conv(x, w) {kernel_shape = [2, 2], dilations = [1, 1], pads = [2, 0, 2, 2], strides = [2, 4]}
        output y = y
        """);
  }

  @Test
  void keepsChannelsTogether() {
    assertPass(new FoldSpaceToDepth()).rewrites("""
        input x: float32[1, 2, 4, 4]
        constant w: float32[1, 8, 1, 1] = {1, 2, 3, 4, 5, 6, 7, 8}
        input b: float32[1]
        %s
        c = Concat(p, q, r, s) {axis = 1}
        y = Conv(c, w, b)
        output y = y
        """.formatted(SLICES), """
        input x: float32[1, 2, 4, 4]
        constant w: float32[1, 2, 2, 2] = {1, 5, 3, 7, 2, 6, 4, 8}
        input b: float32[1]
        y = Conv(x, w, b) {kernel_shape = [2, 2], strides = [2, 2], dilations = [1, 1], pads = [0, 0, 0, 0]}
        output y = y
        """);
  }

  @Test
  void refusesAPhaseThatIsMissing() {
    assertPass(new FoldSpaceToDepth()).refuses("""
        input x: float32[1, 1, 4, 4]
        constant w: float32[1, 4, 1, 1] = {1, 2, 3, 4}
        %s
        c = Concat(p, q, r, r) {axis = 1}
        y = Conv(c, w)
        output y = y
        """.formatted(SLICES), "Concat_0 does not join all pixels of one value, phase by phase");
  }

  @Test
  void refusesOddSizes() {
    assertPass(new FoldSpaceToDepth()).refuses("""
        input x: float32[1, 1, 4, 7]
        constant w: float32[1, 4, 1, 1] = {1, 2, 3, 4}
        constant first: int64[1] = {0}
        constant end: int64[1] = {9223372036854775807}
        constant step: int64[1] = {2}
        constant row: int64[1] = {2}
        p = Slice(x, first, end, row, step)
        c = Concat(p, p) {axis = 1}
        constant v: float32[1, 2, 1, 1] = {1, 2}
        y = Conv(c, v)
        output y = y
        """, "Concat_0 does not join all pixels of one value, phase by phase");
  }

  @Test
  void keepsSlicesOfChannels() {
    assertPass(new FoldSpaceToDepth()).keeps("""
        input x: float32[1, 4, 4, 4]
        constant w: float32[1, 4, 1, 1] = {1, 2, 3, 4}
        y = Conv(x, w)
        output y = y
        """);
  }
}
