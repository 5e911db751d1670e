package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EliminateIdentityTest {
  private static final String BEFORE = """
      input x: float32[N, 4]
      constant zero: float32[] = {0.0}
      constant one: float32[1, 4] = {1.0, 1.0, 1.0, 1.0}
      constant wide: float32[3, 1, 1] = {1.0, 1.0, 1.0}
      constant keep: int64[2] = {0, 4}
      constant pads: int64[4] = {0, 0, 0, 0}
      constant shift: int64[4] = {0, 1, 0, -1}
      constant start: int64[1] = {0}
      constant last: int64[1] = {-1}
      constant end: int64[1] = {99}
      constant begin: int64[1] = {-99}
      constant axis: int64[1] = {1}
      constant back: int64[1] = {-1}
      a = Relu(x)
      b = %s
      y = Neg(b)
      output y = y
      """;

  @ParameterizedTest
  @ValueSource(strings = {
    "Identity(a)", "Dropout(a)", "Reshape(a, keep)", "Flatten(a)", "Mul(a, one)", "Mul(one, a)", "Div(a, one)",
    "Add(a, zero)", "Add(zero, a)", "Sub(a, zero)", "Pow(a, one)", "Pad(a, pads)", "Transpose(a) {perm = [0, 1]}",
    "Cast(a) {to = 1}", "Slice(a, start, end, axis)", "Concat(a) {axis = 0}", "Sum(a)", "Max(a)", "Clip(a)", "Relu(a)",
    "Expand(a, keep1)", "CastLike(a, zero)"
  })
  void dropsWhatChangesNothing(String node) {
    String lines = BEFORE.replace("constant pads", "constant keep1: int64[2] = {1, 4}\nconstant pads");
    assertPass(new EliminateDeadCode(), new EliminateIdentity()).rewrites(lines.formatted(node), """
        input x: float32[N, 4]
        a = Relu(x)
        y = Neg(a)
        output y = y
        """);
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "Mul(a, wide)", "Div(one, a)", "Sub(zero, a)", "Pad(a, shift)", "Transpose(a)", "Cast(a) {to = 11}",
    "Slice(a, last, begin, axis, back)", "Concat(a, a) {axis = 0}", "Clip(a, zero)", "Relu(x)", "Mul(a, zero)"
  })
  void keepsWhatChangesSomething(String node) {
    assertPass(new EliminateIdentity()).keeps(BEFORE.formatted(node));
  }
}
