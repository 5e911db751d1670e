package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class HoistTransposeOverConcatTest {
  @Test
  void transposesTheParts() {
    assertPass(new HoistTransposeOverConcat()).rewrites("""
        input x: float32[1, 3, 4]
        input y: float32[1, 3, 2]
        c = Concat(x, y) {axis = -1}
        z = Transpose(c) {perm = [0, 2, 1]}
        output z = z
        """, """
        input x: float32[1, 3, 4]
        input y: float32[1, 3, 2]
        a = Transpose(x) {perm = [0, 2, 1]}
        b = Transpose(y) {perm = [0, 2, 1]}
        z = Concat(a, b) {axis = 1}
        output z = z
        """);
  }

  @Test
  void keepsAWholeWhoseAxisMovesIn() {
    assertPass(new HoistTransposeOverConcat()).keeps("""
        input x: float32[1, 3, 4]
        c = Concat(x, x) {axis = 1}
        z = Transpose(c) {perm = [0, 2, 1]}
        output z = z
        """);
  }

  @Test
  void keepsPartsThatWouldNotBeAdjacent() {
    assertPass(new HoistTransposeOverConcat()).keeps("""
        input x: float32[2, 3, 4]
        c = Concat(x, x) {axis = 2}
        z = Transpose(c) {perm = [0, 2, 1]}
        output z = z
        """);
  }

  @Test
  void keepsAWholeThatOthersRead() {
    assertPass(new HoistTransposeOverConcat()).keeps("""
        input x: float32[1, 3, 4]
        c = Concat(x, x) {axis = 2}
        z = Transpose(c) {perm = [0, 2, 1]}
        output z = z
        output c = c
        """);
  }
}
