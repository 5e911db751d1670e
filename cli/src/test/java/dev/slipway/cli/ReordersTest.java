package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Plan;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Operators;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReordersTest {
  private static Reorders of(String text) {
    return Reorders.of(
        new Plan.Tuned("print", "device", GraphParser.parse(text, Operators::get), Map.of(), Map.of(), Map.of()));
  }

  @Test
  void namesMakerAndReaders() {
    Reorders reorders = of("""
        graph g {
          input x: float32[1, 20, 4, 4]
          b: float32[1, 20, 4, 4]@c16 = slipway.Reorder(x) {layout = "c16"} "in"
          r: float32[1, 20, 4, 4]@c16 = Relu(b) "relu"
          y: float32[1, 20, 4, 4] = slipway.Reorder(r) {layout = "contiguous"} "out"
          constant s: int64[2] = {1, 320}
          z = Reshape(y, s) "reshape"
          output "y" = y
          output "z" = z
        }
        """);
    assertThat(reorders.count()).isEqualTo(2);
    assertThat(reorders.table().lines()).anySatisfy(line -> assertThat(line.split(" {2,}"))
        .startsWith("in", "input x", "contiguous", "relu (Relu)", "c16"));
    assertThat(reorders.table().lines()).anySatisfy(line -> assertThat(line.split(" {2,}"))
        .startsWith("out", "relu", "c16", "reshape (Reshape), output y", "contiguous"));
  }

  @Test
  void aGraphWithoutThemHasNone() {
    assertThat(of("graph g {\n  input x: float32[4]\n  y = Relu(x)\n  output \"y\" = y\n}\n").count()).isZero();
  }
}
