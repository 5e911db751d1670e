package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FuseMatMulAddTest {
  @Test
  void makesAGemm() {
    assertPass(new FuseMatMulAdd()).rewrites("""
        input x: float32[N, 2]
        constant w: float32[2, 3] = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}
        constant b: float32[3] = {2.0, 4.0, 6.0}
        c = MatMul(x, w)
        y = Add(b, c)
        output y = y
        """, """
        input x: float32[N, 2]
        constant w: float32[2, 3] = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}
        constant b: float32[3] = {2.0, 4.0, 6.0}
        y = Gemm(x, w, b)
        output y = y
        """);
  }

  @Test
  void givesAGemmItsBias() {
    assertPass(new FuseMatMulAdd()).rewrites("""
        input x: float32[N, 2]
        input w: float32[3, 2]
        input b: float32[N, 3]
        c = Gemm(x, w) {transB = 1, alpha = 2.0}
        y = Add(c, b)
        output y = y
        """, """
        input x: float32[N, 2]
        input w: float32[3, 2]
        input b: float32[N, 3]
        y = Gemm(x, w, b) {transB = 1, alpha = 2.0}
        output y = y
        """);
  }

  @Test
  void refusesBatchesOfMatrices() {
    assertPass(new FuseMatMulAdd()).refuses("""
        input x: float32[N, T, 2]
        input w: float32[2, 3]
        input b: float32[3]
        c = MatMul(x, w)
        y = Add(c, b)
        output y = y
        """, "MatMul_0 multiplies [N, T, 2] by [2, 3], not two matrices");
  }

  @Test
  void refusesABroadcastOfTheProduct() {
    assertPass(new FuseMatMulAdd()).refuses("""
        input x: float32[1, 2]
        input w: float32[2, 3]
        input b: float32[4, 3]
        c = MatMul(x, w)
        y = Add(c, b)
        output y = y
        """, "it broadcasts the product to [4, 3]");
  }
}
