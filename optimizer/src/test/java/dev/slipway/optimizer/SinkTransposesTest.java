package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class SinkTransposesTest {
  @Test
  void movesBehindElementwiseOperators() {
    assertPass(new SinkTransposes(), new MergeTransposes(), new EliminateIdentity()).rewrites("""
        input x: float32[2, 3, 4]
        constant bias: float32[3] = {1.0, 2.0, 3.0}
        a = Transpose(x) {perm = [0, 2, 1]}
        b = Add(a, bias)
        c = Relu(b)
        y = Transpose(c) {perm = [0, 2, 1]}
        output y = y
        """, """
        input x: float32[2, 3, 4]
        constant bias: float32[1, 3, 1] = {1.0, 2.0, 3.0}
        b = Add(x, bias)
        y = Relu(b)
        output y = y
        """);
  }

  @Test
  void movesTwoAsOne() {
    assertPass(new SinkTransposes()).rewrites("""
        input x: float32[2, 3]
        input z: float32[2, 3]
        a = Transpose(x)
        b = Transpose(z)
        y = Mul(a, b)
        output y = y
        """, """
        input x: float32[2, 3]
        input z: float32[2, 3]
        a = Mul(x, z)
        y = Transpose(a)
        output y = y
        """);
  }

  @Test
  void refusesInputsThatAreNotTransposed() {
    assertPass(new SinkTransposes()).refuses("""
        input x: float32[2, 3]
        input z: float32[3, 2]
        a = Transpose(x)
        y = Mul(a, z)
        output y = y
        """, "its inputs are not all transposed the same way");
  }
}
