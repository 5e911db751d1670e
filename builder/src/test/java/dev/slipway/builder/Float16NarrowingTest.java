package dev.slipway.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.GraphPrinter;
import dev.slipway.operators.Operators;
import org.junit.jupiter.api.Test;

class Float16NarrowingTest {
  private static String narrowed(String body) {
    Graph graph = GraphParser.parse("graph test {\n" + body + "}\n", Operators::get);
    return GraphPrinter.print(Float16Narrowing.narrow(graph, new Reasons()));
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
}
