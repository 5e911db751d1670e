package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class HoistTransposeOverReshapeTest {
  @Test
  void movesChannelsLastFirst() {
    assertPass(new HoistTransposeOverReshape()).rewrites("""
        input x: float32[N, 5, 2, 3]
        constant s: int64[3] = {0, 5, -1}
        r = Reshape(x, s)
        y = Transpose(r) {perm = [0, 2, 1]}
        output y = y
        """, """
        input x: float32[N, 5, 2, 3]
        t = Transpose(x) {perm = [0, 2, 3, 1]}
        constant s: int64[3] = {0, -1, 5}
        y = Reshape(t, s)
        output y = y
        """);
  }

  @Test
  void keepsReshapesThatMixChannels() {
    assertPass(new HoistTransposeOverReshape()).keeps("""
        input x: float32[1, 6, 2, 3]
        constant s: int64[3] = {1, 3, 12}
        r = Reshape(x, s)
        y = Transpose(r) {perm = [0, 2, 1]}
        output y = y
        """);
  }

  @Test
  void keepsOtherPermutations() {
    assertPass(new HoistTransposeOverReshape()).keeps("""
        input x: float32[1, 5, 2, 3]
        constant s: int64[3] = {1, 5, 6}
        r = Reshape(x, s)
        y = Transpose(r) {perm = [1, 0, 2]}
        output y = y
        """);
  }
}
