package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FoldConstantsTest {
  @Test
  void computesWhatDependsOnConstants() {
    assertPass(new FoldConstants()).rewrites("""
        input x: float32[2]
        constant a: float32[2] = {1.0, 2.0}
        constant b: float32[1] = {3.0}
        c = Add(a, b)
        d = Mul(c, c)
        y = Add(x, d)
        output y = y
        """, """
        input x: float32[2]
        constant d: float32[2] = {16.0, 25.0}
        y = Add(x, d)
        output y = y
        """);
  }

  @Test
  void computesKnownShapes() {
    assertPass(new FoldConstants()).rewrites("""
        input x: float32[N, 3, 4]
        constant two: int64[] = {2}
        constant zero: int64[] = {0}
        shape = Shape(x)
        last = Gather(shape, two) {axis = 0}
        first = Gather(shape, zero) {axis = 0}
        y = Add(last, first)
        output y = y
        output last = last
        """, """
        input x: float32[N, 3, 4]
        constant last: int64[] = {4}
        constant zero: int64[] = {0}
        shape = Shape(x)
        first = Gather(shape, zero)
        y = Add(last, first)
        output y = y
        output last = last
        """);
  }

  @Test
  void leavesResultsThatWouldBeLarge() {
    assertPass(new FoldConstants()).refuses("""
        constant shape: int64[2] = {1000, 1000}
        constant one: float32[] = {1.0}
        y = Expand(one, shape)
        output y = y
        """, "the result would be larger than its inputs and 65536 elements");
  }

  @Test
  void leavesWhatDependsOnInputs() {
    assertPass(new FoldConstants()).keeps("""
        input x: float32[2]
        constant a: float32[2] = {1.0, 2.0}
        y = Add(x, a)
        output y = y
        """);
  }
}
