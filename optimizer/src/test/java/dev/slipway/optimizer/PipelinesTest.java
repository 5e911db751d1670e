package dev.slipway.optimizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPrinter;
import org.junit.jupiter.api.Test;

class PipelinesTest {
  /** One block of a transformer encoder as PyTorch exports it. */
  private static final String ENCODER = """
      input x: float32[N, T, 4]
      input m: float32[N, 1, 1, T]
      constant w: float32[4, 4] = {1.0, 0.0, 0.5, 0.25, 0.5, 1.0, 0.0, -1.0, 0.0, 1.0, 0.5, 0.0, 1.0, 0.5, -0.5, 2.0}
      constant b: float32[4] = {0.5, 1.0, 1.5, 2.0}
      constant root: float32[] = {1.4142135}
      constant half: float32[] = {0.5}
      constant one: float32[] = {1.0}
      constant two: float32[] = {2.0}
      constant epsilon: float32[] = {1.0E-12}
      constant last: int64[1] = {-1}
      constant first: int64[] = {0}
      constant second: int64[] = {1}
      constant axis: int64[1] = {0}
      constant rest: int64[2] = {2, 2}
      constant all: int64[1] = {4}
      shape = Shape(x)
      n0 = Gather(shape, first)
      t0 = Gather(shape, second)
      n = Unsqueeze(n0, axis)
      t = Unsqueeze(t0, axis)
      heads = Concat(n, t, rest) {axis = 0}
      join = Concat(n, t, all) {axis = 0}
      qm = MatMul(x, w)
      qb = Add(qm, b)
      q4 = Reshape(qb, heads)
      q = Transpose(q4) {perm = [0, 2, 1, 3]}
      k4 = Reshape(x, heads)
      k0 = Transpose(k4) {perm = [0, 2, 1, 3]}
      k = Transpose(k0) {perm = [0, 1, 3, 2]}
      v = Transpose(k4) {perm = [0, 2, 1, 3]}
      s = MatMul(q, k)
      d = Div(s, root)
      a = Add(d, m)
      p = Softmax(a)
      o = MatMul(p, v)
      ot = Transpose(o) {perm = [0, 2, 1, 3]}
      oj = Reshape(ot, join)
      r = Add(oj, x)
      mean = ReduceMean(r, last)
      c = Sub(r, mean)
      sq = Pow(c, two)
      var = ReduceMean(sq, last)
      ve = Add(var, epsilon)
      sd = Sqrt(ve)
      ln = Div(c, sd)
      lg = Mul(ln, b)
      lb = Add(lg, b)
      e0 = Div(lb, root)
      e1 = Erf(e0)
      e2 = Add(e1, one)
      e3 = Mul(lb, e2)
      y = Mul(e3, half)
      output y = y
      """;

  private static final String LOWERED = """
      input x: float32[N, T, 4]
      input m: float32[N, 1, 1, T]
      constant w: float32[4, 4] = {1.0, 0.0, 0.5, 0.25, 0.5, 1.0, 0.0, -1.0, 0.0, 1.0, 0.5, 0.0, 1.0, 0.5, -0.5, 2.0}
      constant b: float32[4] = {0.5, 1.0, 1.5, 2.0}
      qm = MatMul(x, w)
      q = Add(qm, b)
      o = Attention(q, x, x, m) {q_num_heads = 2, kv_num_heads = 2, scale = 0.70710677}
      r = Add(o, x)
      l = LayerNormalization(r, b, b) {epsilon = 1.0E-12}
      y = Gelu(l)
      output y = y
      """;

  @Test
  void lowersATransformerBlock() {
    Graph graph = PassAssert.graph(ENCODER);
    Optimization done = new PassDriver().run(Pipelines.lowerWithAttention(), graph);
    assertThat(GraphPrinter.canonical(done.graph())).isEqualTo(GraphPrinter.canonical(PassAssert.graph(LOWERED)));
    assertThat(Equivalence.check(graph, done.graph(), 1).holds()).isTrue();
    assertThat(done.converged()).isTrue();
  }

  @Test
  void findsNothingMoreInItsOwnResult() {
    Optimization once = Pipelines.lower(PassAssert.graph(ENCODER));
    assertThat(Pipelines.lower(once.graph()).applied()).isEmpty();
  }
}
