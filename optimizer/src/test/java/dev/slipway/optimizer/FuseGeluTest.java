package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FuseGeluTest {
  @Test
  void fusesWithTheHalfLast() {
    assertPass(new EliminateDeadCode(), new FuseGelu()).rewrites("""
        input x: float32[N, T]
        constant half: float32[] = {0.5}
        constant one: float32[] = {1.0}
        constant root: float32[] = {1.4142135}
        constant inverse: float32[] = {0.70710677}
        constant cubic: float32[] = {0.044715}
        constant three: float32[] = {3.0}
        constant outer: float32[] = {0.7978846}
        d = Div(x, root)
        e = Erf(d)
        a = Add(e, one)
        m = Mul(x, a)
        y = Mul(m, half)
        output y = y
        """, """
        input x: float32[N, T]
        y = Gelu(x)
        output y = y
        """);
  }

  @Test
  void fusesWithTheHalfFirst() {
    assertPass(new EliminateDeadCode(), new FuseGelu()).rewrites("""
        input x: float32[N, T]
        constant half: float32[] = {0.5}
        constant one: float32[] = {1.0}
        constant root: float32[] = {1.4142135}
        constant inverse: float32[] = {0.70710677}
        constant cubic: float32[] = {0.044715}
        constant three: float32[] = {3.0}
        constant outer: float32[] = {0.7978846}
        h = Mul(half, x)
        d = Mul(inverse, x)
        e = Erf(d)
        a = Add(one, e)
        y = Mul(h, a)
        output y = y
        """, """
        input x: float32[N, T]
        y = Gelu(x)
        output y = y
        """);
  }

  @Test
  void fusesWithTheHalfBetween() {
    assertPass(new EliminateDeadCode(), new FuseGelu()).rewrites("""
        input x: float32[N, T]
        constant half: float32[] = {0.5}
        constant one: float32[] = {1.0}
        constant root: float32[] = {1.4142135}
        constant inverse: float32[] = {0.70710677}
        constant cubic: float32[] = {0.044715}
        constant three: float32[] = {3.0}
        constant outer: float32[] = {0.7978846}
        d = Div(x, root)
        e = Erf(d)
        a = Add(e, one)
        m = Mul(a, half)
        y = Mul(x, m)
        output y = y
        """, """
        input x: float32[N, T]
        y = Gelu(x)
        output y = y
        """);
  }

  @Test
  void fusesTheCube() {
    assertPass(new EliminateDeadCode(), new FuseGelu()).rewrites("""
        input x: float32[N, T]
        constant half: float32[] = {0.5}
        constant one: float32[] = {1.0}
        constant root: float32[] = {1.4142135}
        constant inverse: float32[] = {0.70710677}
        constant cubic: float32[] = {0.044715}
        constant three: float32[] = {3.0}
        constant outer: float32[] = {0.7978846}
        p = Pow(x, three)
        q = Mul(p, cubic)
        s = Add(x, q)
        o = Mul(s, outer)
        t = Tanh(o)
        a = Add(t, one)
        m = Mul(x, a)
        y = Mul(m, half)
        output y = y
        """, """
        input x: float32[N, T]
        y = Gelu(x) {approximate = "tanh"}
        output y = y
        """);
  }

  @Test
  void fusesTheSquare() {
    assertPass(new EliminateDeadCode(), new FuseGelu()).rewrites("""
        input x: float32[N, T]
        constant half: float32[] = {0.5}
        constant one: float32[] = {1.0}
        constant root: float32[] = {1.4142135}
        constant inverse: float32[] = {0.70710677}
        constant cubic: float32[] = {0.044715}
        constant three: float32[] = {3.0}
        constant outer: float32[] = {0.7978846}
        p = Mul(x, x)
        q = Mul(p, cubic)
        s = Add(q, one)
        o = Mul(x, outer)
        u = Mul(o, s)
        t = Tanh(u)
        a = Add(t, one)
        h = Mul(x, half)
        y = Mul(h, a)
        output y = y
        """, """
        input x: float32[N, T]
        y = Gelu(x) {approximate = "tanh"}
        output y = y
        """);
  }

  @Test
  void keepsOtherFactors() {
    assertPass(new FuseGelu()).keeps("""
        input x: float32[N, T]
        constant half: float32[] = {0.5}
        constant one: float32[] = {1.0}
        d = Mul(x, half)
        e = Erf(d)
        a = Add(e, one)
        m = Mul(x, a)
        y = Mul(m, half)
        output y = y
        """);
  }

  @Test
  void keepsOtherValues() {
    assertPass(new FuseGelu()).keeps("""
        input x: float32[N, T]
        input z: float32[N, T]
        constant half: float32[] = {0.5}
        constant one: float32[] = {1.0}
        constant inverse: float32[] = {0.70710677}
        d = Mul(z, inverse)
        e = Erf(d)
        a = Add(e, one)
        m = Mul(x, a)
        y = Mul(m, half)
        output y = y
        """);
  }
}
