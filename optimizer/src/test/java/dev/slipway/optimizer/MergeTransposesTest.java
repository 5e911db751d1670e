package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class MergeTransposesTest {
  @Test
  void mergesTwoInARow() {
    assertPass(new MergeTransposes()).rewrites("""
        input x: float32[2, 3, 4]
        a = Transpose(x) {perm = [1, 2, 0]}
        y = Transpose(a) {perm = [2, 1, 0]}
        output y = y
        """, """
        input x: float32[2, 3, 4]
        y = Transpose(x) {perm = [0, 2, 1]}
        output y = y
        """);
  }

  @Test
  void dropsTwoThatUndoEachOther() {
    assertPass(new MergeTransposes(), new EliminateIdentity()).rewrites("""
        input x: float32[2, 3, 4]
        a = Transpose(x) {perm = [1, 2, 0]}
        b = Transpose(a) {perm = [2, 0, 1]}
        y = Relu(b)
        output y = y
        """, """
        input x: float32[2, 3, 4]
        y = Relu(x)
        output y = y
        """);
  }

  @Test
  void keepsOne() {
    assertPass(new MergeTransposes()).keeps("""
        input x: float32[2, 3, 4]
        y = Transpose(x) {perm = [1, 2, 0]}
        output y = y
        """);
  }
}
