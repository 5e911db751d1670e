package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class RefineTypesTest {
  /** The pads are computed from floats, which type inference does not follow. */
  private static final String PADS = """
      input x: float32[N, 4]
      constant half: float32[4] = {0.0, 0.5, 0.0, 1.0}
      constant two: float32[] = {2.0}
      pf = Mul(half, two)
      pads = Cast(pf) {to = 7}
      p = Pad(x, pads)
      y = Relu(p)
      output y = y
      """;

  @Test
  void infersWhatFoldingMadeConstant() {
    assertPass(new FoldConstants(), new RefineTypes()).rewrites(PADS, """
        input x: float32[N, 4]
        constant pads: int64[4] = {0, 1, 0, 2}
        p: float32[N, 7] = Pad(x, pads)
        y: float32[N, 7] = Relu(p)
        output y = y
        """);
  }

  @Test
  void keepsWhatDependsOnData() {
    assertPass(new RefineTypes()).keeps("""
        input x: float32[N, 4]
        input pads: int64[4]
        p = Pad(x, pads)
        y = Relu(p)
        output y = y
        """);
  }
}
