package dev.slipway.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import org.junit.jupiter.api.Test;

class EquivalenceTest {
  private static final Graph SQUARE = PassAssert.graph("input x: float32[N, T] y = Mul(x, x) output y = y\n");

  @Test
  void holdsForAnotherWayToComputeTheSame() {
    Graph other = PassAssert.graph("""
        input x: float32[N, T]
        constant two: float32[] = {2.0}
        y = Pow(x, two)
        output y = y
        """);
    Equivalence equivalence = Equivalence.check(SQUARE, other, 7);
    assertThat(equivalence.holds()).isTrue();
    assertThat(equivalence.inputs()).containsEntry("x", Shape.of(2, 3));
  }

  @Test
  void failsForAnotherFunction() {
    Graph other = PassAssert.graph("input x: float32[N, T] y = Abs(x) output y = y\n");
    Equivalence equivalence = Equivalence.check(SQUARE, other, 7);
    assertThat(equivalence.holds()).isFalse();
    assertThat(equivalence.outputs().get("y").largest()).isGreaterThan(0.1);
  }

  @Test
  void failsForAnotherShape() {
    Graph other = PassAssert.graph("input x: float32[N, T] z = Mul(x, x) y = Transpose(z) output y = y\n");
    assertThat(Equivalence.check(SQUARE, other, 7).holds()).isFalse();
  }

  @Test
  void refusesOtherOutputs() {
    Graph other = PassAssert.graph("input x: float32[N, T] y = Mul(x, x) output z = y\n");
    assertThatThrownBy(() -> Equivalence.check(SQUARE, other, 7))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("outputs: [z] (expected: [y])");
  }

  @Test
  void findsSizesAndNumbersThatTheGraphTakes() {
    Graph graph = PassAssert.graph("""
        input x: float32[N, 4]
        input i: int64[M]
        constant shape: int64[2] = {8, 16}
        a = Reshape(x, shape)
        d = Div(i, i)
        output a = a
        output d = d
        """);
    Equivalence equivalence = Equivalence.check(graph, graph, 7);
    assertThat(equivalence.holds()).isTrue();
    assertThat(equivalence.inputs()).containsEntry("x", Shape.of(32, 4));
  }
}
