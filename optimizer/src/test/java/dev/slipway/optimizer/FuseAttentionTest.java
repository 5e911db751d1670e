package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FuseAttentionTest {
  private static final String SPLIT = """
      input q: float32[N, T, 8]
      input k: float32[N, S, 8]
      input v: float32[N, S, 8]
      input m: float32[N, 1, 1, S]
      constant heads: int64[4] = {0, 0, 2, 4}
      constant join: int64[3] = {0, 0, 8}
      constant root: float32[] = {2.0}
      q4 = Reshape(q, heads)
      k4 = Reshape(k, heads)
      v4 = Reshape(v, heads)
      qt = Transpose(q4) {perm = [0, 2, 1, 3]}
      kt = Transpose(k4) {perm = [0, 2, 3, 1]}
      vt = Transpose(v4) {perm = [0, 2, 1, 3]}
      """;

  @Test
  void fusesSplitAndJoin() {
    assertPass(new FuseAttention()).rewrites(SPLIT + """
        s = MatMul(qt, kt)
        d = Div(s, root)
        a = Add(d, m)
        p = Softmax(a)
        o = MatMul(p, vt)
        t = Transpose(o) {perm = [0, 2, 1, 3]}
        y = Reshape(t, join)
        output y = y
        """, """
        input q: float32[N, T, 8]
        input k: float32[N, S, 8]
        input v: float32[N, S, 8]
        input m: float32[N, 1, 1, S]
        y = Attention(q, k, v, m) {q_num_heads = 2, kv_num_heads = 2, scale = 0.5}
        output y = y
        """);
  }

  @Test
  void fusesSeparateHeads() {
    assertPass(new FuseAttention()).rewrites("""
        input q: float32[N, 2, T, 4]
        input k: float32[N, 2, S, 4]
        input v: float32[N, 2, S, 3]
        kt = Transpose(k) {perm = [0, 1, 3, 2]}
        s = MatMul(q, kt)
        p = Softmax(s) {axis = 3}
        y = MatMul(p, v)
        output y = y
        """, """
        input q: float32[N, 2, T, 4]
        input k: float32[N, 2, S, 4]
        input v: float32[N, 2, S, 3]
        t = Transpose(k) {perm = [0, 1, 2, 3]}
        y = Attention(q, t, v) {scale = 1.0}
        output y = y
        """);
  }

  @Test
  void refusesKeysThatAreNotTransposed() {
    assertPass(new FuseAttention()).refuses("""
        input q: float32[N, 2, T, 4]
        input k: float32[N, 2, 4, S]
        input v: float32[N, 2, S, 3]
        s = MatMul(q, k)
        p = Softmax(s)
        y = MatMul(p, v)
        output y = y
        """, "the keys are not transposed in front of MatMul_0");
  }

  @Test
  void refusesAnotherAxis() {
    assertPass(new FuseAttention()).refuses(SPLIT + """
        s = MatMul(qt, kt)
        p = Softmax(s) {axis = 2}
        y = MatMul(p, vt)
        output y = y
        """, "Softmax_0 is not over the last of four axes");
  }

  @Test
  void refusesAMaskThatIsBroadcastAlongTheKeys() {
    assertPass(new FuseAttention()).refuses(SPLIT + """
        input one: float32[1, 1]
        s = MatMul(qt, kt)
        a = Add(s, one)
        p = Softmax(a)
        y = MatMul(p, vt)
        output y = y
        """, "no product of queries and keys in front of Softmax_0");
  }
}
