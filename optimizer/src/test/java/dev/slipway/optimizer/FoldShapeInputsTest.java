package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FoldShapeInputsTest {
  @Test
  void givesReshapeAConstant() {
    assertPass(new FoldShapeInputs()).rewrites("""
        input x: float32[N, T, 6]
        constant zero: int64[1] = {0}
        constant one: int64[1] = {1}
        constant rest: int64[2] = {2, 3}
        shape = Shape(x)
        n = Gather(shape, zero)
        t = Gather(shape, one)
        all = Concat(n, t, rest) {axis = 0}
        y = Reshape(x, all)
        output y = y
        """, """
        input x: float32[N, T, 6]
        constant shape: int64[4] = {0, 0, 2, 3}
        y = Reshape(x, shape)
        output y = y
        """);
  }

  @Test
  void opensTheEndOfSlice() {
    assertPass(new FoldShapeInputs()).rewrites("""
        input x: float32[N, 6]
        constant zero: int64[1] = {0}
        constant one: int64[1] = {1}
        shape = Shape(x)
        n = Gather(shape, zero)
        y = Slice(x, one, n, zero)
        output y = y
        """, """
        input x: float32[N, 6]
        constant zero: int64[1] = {0}
        constant one: int64[1] = {1}
        constant end: int64[1] = {2147483647}
        y = Slice(x, one, end, zero)
        output y = y
        """);
  }

  @Test
  void refusesASymbolicExpand() {
    assertPass(new FoldShapeInputs()).refuses("""
        input x: float32[1, 6]
        input z: float32[N, 6]
        shape = Shape(z)
        y = Expand(x, shape)
        output y = y
        """, "it expands to the symbolic dimension N");
  }

  @Test
  void refusesAReshapeOfData() {
    assertPass(new FoldShapeInputs()).refuses("""
        input x: float32[4, 6]
        input shape: int64[2]
        y = Reshape(x, shape)
        output y = x
        output z = y
        """, "no constant makes [?Reshape_0.d0, ?Reshape_0.d1] of [4, 6]");
  }
}
