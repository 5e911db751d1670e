package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FoldBatchNormalizationTest {
  @Test
  void foldsIntoAConvolution() {
    assertPass(new FoldBatchNormalization()).rewrites("""
        input x: float32[N, 1, 4, 4]
        constant w: float32[2, 1, 1, 1] = {1.0, 3.0}
        constant b: float32[2] = {2.0, 4.0}
        constant gamma: float32[2] = {1.0, 2.0}
        constant beta: float32[2] = {0.5, 1.0}
        constant mean: float32[2] = {1.0, 0.0}
        constant var: float32[2] = {0.75, 3.75}
        c = Conv(x, w, b)
        y = BatchNormalization(c, gamma, beta, mean, var) {epsilon = 0.25}
        output y = y
        """, """
        input x: float32[N, 1, 4, 4]
        constant w: float32[2, 1, 1, 1] = {1.0, 3.0}
        constant b: float32[2] = {1.5, 5.0}
        y = Conv(x, w, b)
        output y = y
        """);
  }

  @Test
  void foldsIntoATransposedConvolutionWithGroups() {
    assertPass(new FoldBatchNormalization()).rewrites("""
        input x: float32[N, 2, 4, 4]
        constant w: float32[2, 1, 1, 1] = {1.0, 3.0}
        constant gamma: float32[2] = {1.0, 4.0}
        constant beta: float32[2] = {0.5, 1.0}
        constant mean: float32[2] = {1.0, 0.0}
        constant var: float32[2] = {0.75, 3.75}
        c = ConvTranspose(x, w) {group = 2}
        y = BatchNormalization(c, gamma, beta, mean, var) {epsilon = 0.25}
        output y = y
        """, """
        input x: float32[N, 2, 4, 4]
        constant w: float32[2, 1, 1, 1] = {1.0, 6.0}
        constant b: float32[2] = {-0.5, 1.0}
        y = ConvTranspose(x, w, b) {group = 2}
        output y = y
        """);
  }

  @Test
  void foldsIntoAGemm() {
    assertPass(new FoldBatchNormalization()).rewrites("""
        input x: float32[N, 2]
        constant w: float32[2, 2] = {1.0, 3.0, 5.0, 7.0}
        constant b: float32[2] = {2.0, 4.0}
        constant gamma: float32[2] = {1.0, 4.0}
        constant beta: float32[2] = {0.5, 1.0}
        constant mean: float32[2] = {1.0, 0.0}
        constant var: float32[2] = {0.75, 3.75}
        c = Gemm(x, w, b) {beta = 0.5}
        y = BatchNormalization(c, gamma, beta, mean, var) {epsilon = 0.25}
        output y = y
        """, """
        input x: float32[N, 2]
        constant w: float32[2, 2] = {1.0, 6.0, 5.0, 14.0}
        constant b: float32[2] = {0.5, 5.0}
        y = Gemm(x, w, b)
        output y = y
        """);
  }

  @Test
  void refusesAConvolutionWithOtherReaders() {
    assertPass(new FoldBatchNormalization()).refuses("""
        input x: float32[N, 1, 4, 4]
        constant w: float32[2, 1, 1, 1] = {1.0, 3.0}
        constant gamma: float32[2] = {1.0, 2.0}
        constant beta: float32[2] = {0.5, 1.0}
        constant mean: float32[2] = {1.0, 0.0}
        constant var: float32[2] = {0.75, 3.75}
        c = Conv(x, w)
        y = BatchNormalization(c, gamma, beta, mean, var)
        output y = y
        output c = c
        """, "no convolution or matrix product in front of it that it alone reads");
  }

  @Test
  void refusesComputedParameters() {
    assertPass(new FoldBatchNormalization()).refuses("""
        input x: float32[N, 1, 4, 4]
        input gamma: float32[2]
        constant w: float32[2, 1, 1, 1] = {1.0, 3.0}
        constant beta: float32[2] = {0.5, 1.0}
        constant mean: float32[2] = {1.0, 0.0}
        constant var: float32[2] = {0.75, 3.75}
        c = Conv(x, w)
        y = BatchNormalization(c, gamma, beta, mean, var)
        output y = y
        """, "its parameters are not constant");
  }

  @Test
  void refusesComputedWeights() {
    assertPass(new FoldBatchNormalization()).refuses("""
        input x: float32[N, 1, 4, 4]
        input w: float32[2, 1, 1, 1]
        constant gamma: float32[2] = {1.0, 2.0}
        constant beta: float32[2] = {0.5, 1.0}
        constant mean: float32[2] = {1.0, 0.0}
        constant var: float32[2] = {0.75, 3.75}
        c = Conv(x, w)
        y = BatchNormalization(c, gamma, beta, mean, var)
        output y = y
        """, "the weights of Conv_0 are not constant");
  }
}
