package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FoldConditionsTest {
  private static final String BRANCHES = """
      {
        then_branch = graph then {
          input a: float32[2]
          constant one: float32[] = {1.0}
          b = Add(a, one)
          output b = b
        }, else_branch = graph otherwise {
          input a: float32[2]
          b = Neg(a)
          output b = b
        }
      }
      """;

  @Test
  void takesTheBranch() {
    assertPass(new FoldConditions()).rewrites("""
        input x: float32[2]
        constant yes: bool[] = {1}
        b = If(yes, x) %s
        y = Exp(b)
        output y = y
        """.formatted(BRANCHES), """
        input x: float32[2]
        constant one: float32[] = {1.0}
        b = Add(x, one)
        y = Exp(b)
        output y = y
        """);
  }

  @Test
  void refusesAComputedCondition() {
    assertPass(new FoldConditions()).refuses("""
        input x: float32[2]
        input yes: bool[]
        y = If(yes, x) %s
        output y = y
        """.formatted(BRANCHES), "its condition is computed");
  }
}
