package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FuseParallelMatMulsTest {
  private static final String INPUTS = """
      input x: float32[N, T, 2]
      constant v: float32[2, 1] = {1.0, 2.0}
      constant w: float32[2, 2] = {3.0, 4.0, 5.0, 6.0}
      constant b: float32[1] = {0.5}
      constant c: float32[2] = {1.5, 2.5}
      """;

  @Test
  void joinsColumns() {
    assertPass(new FuseParallelMatMuls()).rewrites(INPUTS + """
        y = MatMul(x, v)
        z = MatMul(x, w)
        output y = y
        output z = z
        """, """
        input x: float32[N, T, 2]
        constant w: float32[2, 3] = {1.0, 3.0, 4.0, 2.0, 5.0, 6.0}
        constant sizes: int64[2] = {1, 2}
        p = MatMul(x, w)
        y, z = Split(p, sizes) {axis = 2}
        output y = y
        output z = z
        """);
  }

  @Test
  void takesTheBiasAlong() {
    assertPass(new FuseParallelMatMuls()).rewrites(INPUTS + """
        p = MatMul(x, v)
        q = MatMul(x, w)
        y = Add(b, p)
        z = Add(q, c)
        output y = y
        output z = z
        """, """
        input x: float32[N, T, 2]
        constant w: float32[2, 3] = {1.0, 3.0, 4.0, 2.0, 5.0, 6.0}
        constant b: float32[3] = {0.5, 1.5, 2.5}
        constant sizes: int64[2] = {1, 2}
        p = MatMul(x, w)
        s = Add(p, b)
        y, z = Split(s, sizes) {axis = 2}
        output y = y
        output z = z
        """);
  }

  @Test
  void joinsRowsOfTransposedMatrices() {
    assertPass(new FuseParallelMatMuls()).rewrites("""
        input x: float32[N, 2]
        constant v: float32[1, 2] = {1.0, 2.0}
        constant w: float32[1, 2] = {3.0, 4.0}
        constant b: float32[] = {0.5}
        y = Gemm(x, v, b) {transB = 1, alpha = 2.0}
        z = Gemm(x, w) {transB = 1, alpha = 2.0}
        output y = y
        output z = z
        """, """
        input x: float32[N, 2]
        constant w: float32[2, 2] = {1.0, 2.0, 3.0, 4.0}
        constant b: float32[2] = {0.5, 0.0}
        p = Gemm(x, w, b) {transB = 1, alpha = 2.0}
        y, z = Split(p) {axis = 1, num_outputs = 2}
        output y = y
        output z = z
        """);
  }

  @Test
  void leavesAttentionToFuse() {
    String heads = """
        constant heads: int64[4] = {0, 0, 1, 2}
        constant join: int64[3] = {0, 0, 2}
        """;
    String weights = """
        constant k: float32[2, 2] = {0.5, 0.25, 1.0, -1.0}
        constant v: float32[2, 2] = {2.0, 1.0, -0.5, 0.5}
        """;
    assertPass(new FuseParallelMatMuls(), new FuseAttention()).rewrites("""
        input x: float32[N, T, 2]
        constant q: float32[2, 2] = {3.0, 4.0, 5.0, 6.0}
        """ + weights + heads + """
        qm = MatMul(x, q)
        km = MatMul(x, k)
        vm = MatMul(x, v)
        q4 = Reshape(qm, heads)
        k4 = Reshape(km, heads)
        v4 = Reshape(vm, heads)
        qt = Transpose(q4) {perm = [0, 2, 1, 3]}
        kt = Transpose(k4) {perm = [0, 2, 3, 1]}
        vt = Transpose(v4) {perm = [0, 2, 1, 3]}
        s = MatMul(qt, kt)
        p = Softmax(s)
        o = MatMul(p, vt)
        t = Transpose(o) {perm = [0, 2, 1, 3]}
        y = Reshape(t, join)
        output y = y
        """, """
        input x: float32[N, T, 2]
        constant w: float32[2, 6] = {3.0, 4.0, 0.5, 0.25, 2.0, 1.0, 5.0, 6.0, 1.0, -1.0, -0.5, 0.5}
        p = MatMul(x, w)
        q, k, v = Split(p) {axis = 2, num_outputs = 3}
        y = Attention(q, k, v) {q_num_heads = 1, kv_num_heads = 1, scale = 1.0}
        output y = y
        """);
  }

  @Test
  void keepsOneWithABiasApart() {
    assertPass(new FuseParallelMatMuls()).keeps(INPUTS + """
        p = MatMul(x, v)
        y = Add(p, b)
        z = MatMul(x, w)
        output y = y
        output z = z
        """);
  }

  @Test
  void keepsOtherAttributes() {
    assertPass(new FuseParallelMatMuls()).keeps("""
        input x: float32[N, 2]
        constant v: float32[2, 2] = {1.0, 2.0, 3.0, 4.0}
        y = Gemm(x, v) {transB = 1}
        z = Gemm(x, v)
        output y = y
        output z = z
        """);
  }

  @Test
  void keepsMatricesThatAreComputed() {
    assertPass(new FuseParallelMatMuls()).keeps(INPUTS + """
        input m: float32[2, 2]
        y = MatMul(x, v)
        z = MatMul(x, m)
        output y = y
        output z = z
        """);
  }

  @Test
  void keepsStacksOfMatrices() {
    assertPass(new FuseParallelMatMuls()).keeps("""
        input x: float32[1, 2, 2]
        constant v: float32[1, 2, 2] = {1.0, 2.0, 3.0, 4.0}
        constant w: float32[1, 2, 2] = {5.0, 6.0, 7.0, 8.0}
        y = MatMul(x, v)
        z = MatMul(x, w)
        output y = y
        output z = z
        """);
  }

  @Test
  void keepsABiasForEachRow() {
    assertPass(new FuseParallelMatMuls()).keeps("""
        input x: float32[2, 2]
        constant v: float32[2, 2] = {1.0, 2.0, 3.0, 4.0}
        constant w: float32[2, 2] = {5.0, 6.0, 7.0, 8.0}
        constant b: float32[2, 1] = {1.0, 2.0}
        y = Gemm(x, v, b)
        z = Gemm(x, w, b)
        output y = y
        output z = z
        """);
  }
}
