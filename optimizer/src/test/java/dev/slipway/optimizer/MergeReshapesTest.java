package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class MergeReshapesTest {
  @Test
  void mergesSqueezeAndUnsqueeze() {
    assertPass(new MergeReshapes()).rewrites("""
        input x: float32[N, 1, 4]
        constant one: int64[1] = {1}
        constant two: int64[1] = {2}
        a = Squeeze(x, one)
        y = Unsqueeze(a, two)
        output y = y
        """, """
        input x: float32[N, 1, 4]
        constant shape: int64[3] = {-1, 4, 1}
        y = Reshape(x, shape)
        output y = y
        """);
  }

  @Test
  void keepsSymbolicDimensionsInPlace() {
    assertPass(new MergeReshapes()).rewrites("""
        input x: float32[N, T, 4]
        constant two: int64[4] = {0, 0, 2, 2}
        constant flat: int64[3] = {0, 0, 4}
        a = Reshape(x, two)
        b = Reshape(a, flat)
        y = Flatten(b) {axis = 2}
        output y = y
        """, """
        input x: float32[N, T, 4]
        constant shape: int64[2] = {-1, 4}
        y = Reshape(x, shape)
        output y = y
        """);
  }

  @Test
  void refusesTwoUnknownDimensions() {
    assertPass(new MergeReshapes()).refuses("""
        input x: float32[N, T, 4]
        constant flat: int64[1] = {-1}
        input shape: int64[2]
        a = Reshape(x, flat)
        y = Reshape(a, shape)
        output y = y
        """, "several dimensions of [?Reshape_1.d0, ?Reshape_1.d1] are symbolic");
  }

  @Test
  void keepsTheChannelShuffle() {
    assertPass(Pipelines.simplify().toArray(Pass[]::new)).keeps("""
        input x: float32[N, 8, H, W]
        constant groups: int64[5] = {0, 2, 4, 8, 8}
        constant flat: int64[4] = {0, 8, 8, 8}
        a = Reshape(x, groups)
        b = Transpose(a) {perm = [0, 2, 1, 3, 4]}
        y = Reshape(b, flat)
        output y = y
        """);
  }
}
