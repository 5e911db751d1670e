package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FuseChannelSplitTest {
  private static final String SPLIT = """
      input x: float32[2, 4, 3, 3]
      constant grouped: int64[3] = {4, 2, 9}
      constant places: int64[5] = {2, -1, 2, 3, 3}
      constant zero: int64[] = {0}
      constant last: int64[] = {-1}
      a = Reshape(x, grouped)
      b = Transpose(a) {perm = [%s]}
      c = Reshape(b, places)
      d = Gather(c, zero)
      e = Gather(c, last)
      y = Sub(d, e)
      output y = y
      """;

  @Test
  void slicesWithAStep() {
    assertPass(new FuseChannelSplit(), new EliminateCommonSubexpressions()).rewrites(SPLIT.formatted("1, 0, 2"), """
        input x: float32[2, 4, 3, 3]
        constant zero: int64[1] = {0}
        constant one: int64[1] = {1}
        constant two: int64[1] = {2}
        constant end: int64[1] = {2147483647}
        d = Slice(x, zero, end, one, two)
        e = Slice(x, one, end, one, two)
        y = Sub(d, e)
        output y = y
        """);
  }

  @Test
  void refusesAnotherOrder() {
    assertPass(new FuseChannelSplit()).refuses(
        SPLIT.formatted("1, 2, 0"), "Reshape_0 to Reshape_1 do not split the channels of [2, 4, 3, 3]");
  }

  @Test
  void keepsAGatherOfItsOwn() {
    assertPass(new FuseChannelSplit()).keeps("""
        input x: float32[2, 4, 3]
        constant zero: int64[] = {0}
        y = Gather(x, zero)
        output y = y
        """);
  }
}
