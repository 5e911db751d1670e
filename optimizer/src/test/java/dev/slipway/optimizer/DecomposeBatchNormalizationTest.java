package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class DecomposeBatchNormalizationTest {
  @Test
  void makesMulAndAdd() {
    assertPass(new DecomposeBatchNormalization()).rewrites("""
        input x: float32[N, 2, 4]
        constant gamma: float32[2] = {1.0, 4.0}
        constant beta: float32[2] = {0.5, 1.0}
        constant mean: float32[2] = {1.0, 0.0}
        constant var: float32[2] = {0.75, 3.75}
        y = BatchNormalization(x, gamma, beta, mean, var) {epsilon = 0.25}
        output y = y
        """, """
        input x: float32[N, 2, 4]
        constant scale: float32[2, 1] = {1.0, 2.0}
        constant shift: float32[2, 1] = {-0.5, 1.0}
        m = Mul(x, scale)
        y = Add(m, shift)
        output y = y
        """);
  }

  @Test
  void refusesTraining() {
    assertPass(new DecomposeBatchNormalization()).refuses("""
        input x: float32[N, 2, 4]
        constant gamma: float32[2] = {1.0, 2.0}
        constant beta: float32[2] = {0.5, 1.0}
        constant mean: float32[2] = {1.0, 0.0}
        constant var: float32[2] = {0.75, 3.75}
        y = BatchNormalization(x, gamma, beta, mean, var) {training_mode = 1}
        output y = y
        """, "it is in training mode");
  }
}
