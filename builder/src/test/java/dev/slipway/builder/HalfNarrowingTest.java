package dev.slipway.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Plan;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.GraphPrinter;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HalfNarrowingTest {
  private final Reasons reasons = new Reasons();
  private ValueRanges ranges = ValueRanges.UNKNOWN;

  private String narrowed(String body) {
    Graph graph = GraphParser.parse("graph test {\n" + body + "}\n", Operators::get);
    return GraphPrinter.print(HalfNarrowing.narrow(graph, DType.FLOAT16, ranges, reasons));
  }

  @Test
  void castsAtTheEnds() {
    assertThat(narrowed("""
        input x: float32[2, 3]
        constant c: float32[3] = {1, 1e6, -1e6}
        y = Mul(x, c)
        output "y" = y
        """))
        .contains("input x: float32[2, 3]", "{1.0, 65504.0, -65504.0}", "y: float16[2, 3] = Mul(x_float16.out, c)")
        .contains("output \"y\" = y_float32.out");
  }

  @Test
  void keepsWhatAnOperatorTakesInFloat32Only() {
    assertThat(narrowed("""
        input x: float32[1, 2, 4, 4]
        constant s: float32[4] = {1, 1, 2, 2}
        y = Resize(x, _, s)
        output "y" = y
        """))
        .contains("s_float32: float32[4]", "float16[1, 2, 8, 8] = Resize(x_float16.out, _, s_float32)");
  }

  @Test
  void castsToFloat16WhereTheModelCastsToFloat32() {
    assertThat(narrowed("""
        input x: int64[3]
        y = Cast(x) {to = 1}
        z = Neg(y)
        output "z" = z
        """))
        .contains("y: float16[3] = Cast(x)", "z: float16[3] = Neg(y)");
  }

  @Test
  void keepsWhatOverflowsInFloat32() {
    ranges = new ValueRanges(Map.of("x", 10.0, "s", 4e4, "t", 3.0, "y", 2.0));
    assertThat(narrowed("""
        input x: float32[2, 3]
        constant w: float32[3, 3] = {1, 2, 3, 4, 5, 6, 7, 8, 9}
        p = MatMul(x, w)
        s = Exp(p)
        t = Log(s)
        y = Neg(t)
        output "y" = y
        """))
        .contains("p: float16[2, 3] = MatMul(x_float16.out, w)")
        .contains("s: float32[2, 3] = Exp(p_wide.out)")
        .contains("t: float32[2, 3] = Log(s)")
        .contains("y: float16[2, 3] = Neg(t_float16.out)");
    assertThat(reasons.byNode()).containsOnlyKeys("Exp_0", "Log_0");
    assertThat(reasons.byNode().get("Log_0"))
        .isEqualTo(List.of("stays float32: s reaches 4.000e+04 on the samples (expected: at most half of 65504)"));
  }

  @Test
  void tellsWhatIsLeftInFloat32() {
    reasons.add("Conv_0", "no kernel");
    reasons.add("Exp_0", "no kernel");
    reasons.add("Exp_0", "stays float32: it is large");
    BuildResult result = new BuildResult(
        new Plan(new Plan.Manifest("m", "", "fp16", List.of(), Map.of()), () -> null, Optional.empty()), 1, 1,
        reasons.byNode(), List.of());
    assertThat(result.leftInFloat32()).containsExactly(Map.entry("Exp_0", "it is large"));
  }

  @Test
  void keepsConstantsOfWideNodesAsTheyAre() {
    ranges = new ValueRanges(Map.of("y", 1e30));
    assertThat(narrowed("""
        input x: float32[2]
        constant c: float32[2] = {1e30, 2}
        y = Mul(x, c)
        z = Clip(y)
        output "y" = y
        output "z" = z
        """))
        .contains("c_float32: float32[2] = {1.0E30, 2.0}", "y: float32[2] = Mul(x, c_float32)", "output \"y\" = y\n");
  }

  @Test
  void narrowsToBfloat16() {
    Graph graph = GraphParser.parse("""
        graph test {
          input x: float32[2]
          constant c: float32[2] = {1e30, 2}
          y = Mul(x, c)
          output "y" = y
        }
        """, Operators::get);
    String text = GraphPrinter.print(HalfNarrowing.narrow(graph, DType.BFLOAT16, ValueRanges.UNKNOWN, reasons));
    assertThat(text).contains("y: bfloat16[2] = Mul(x_bfloat16.out, c)", "output \"y\" = y_float32.out");
  }
}
