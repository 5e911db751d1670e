package dev.slipway.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Device;
import dev.slipway.backend.Tactic;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ValueRangesTest {
  private final Graph graph = GraphParser.parse("""
      graph test {
        input x: float32[N, 2]
        constant c: float32[1] = {-1000}
        y = Mul(x, c)
        s = Exp(x)
        z = Add(y, s)
        output "z" = z
      }
      """, Operators::get);

  /** Evaluates by the operators' definitions. */
  private record Evaluating() implements Backend {
    @Override
    public String name() {
      return "test";
    }

    @Override
    public Device device() {
      return new Device("test", 0, "test", "test");
    }

    @Override
    public List<Tactic> tactics() {
      return List.of();
    }

    @Override
    public void close() {}
  }

  private static Tensor tensor(float... values) {
    return Tensor.of(values, values.length / 2, 2);
  }

  @Test
  void seesTheLargestOfAllSamples() {
    ValueRanges ranges = ValueRanges.of(
        graph, new Evaluating(), List.of(Map.of("x", tensor(1, -3)), Map.of("x", tensor(0, 100, 2, 2))));
    assertThat(ranges.largest().get("x")).isEqualTo(100);
    assertThat(ranges.largest().get("y")).isEqualTo(100_000);
    assertThat(ranges.largest().get("s")).isInfinite();
  }

  @Test
  void namesNodesThatReadOrMakeWhatOverflows() {
    ValueRanges ranges = new ValueRanges(Map.of("x", 3.0, "y", 3000.0, "s", 40_000.0, "z", 20.0));
    assertThat(ranges.overflowing(graph, 65504)).containsExactly("Exp_0", "Add_0");
    assertThat(ranges.overflow(graph, graph.nodes().get(2), 65504))
        .contains("s reaches 4.000e+04 on the samples (expected: at most half of 65504)");
    assertThat(ValueRanges.UNKNOWN.overflowing(graph, 65504)).isEmpty();
  }

  @Test
  void tellsWhichSamplesFit() {
    assertThat(ValueRanges.fits(graph, Map.of("x", tensor(1, 2, 3, 4)))).isTrue();
    assertThat(ValueRanges.fits(graph, Map.of("x", Tensor.allocate(DType.FLOAT32, 2, 3)))).isFalse();
    assertThat(ValueRanges.fits(graph, Map.of("x", Tensor.allocate(DType.FLOAT16, 2, 2)))).isFalse();
    assertThat(ValueRanges.fits(graph, Map.of("w", tensor(1, 2)))).isFalse();
  }
}
