package dev.slipway.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Operators;
import java.util.List;
import org.junit.jupiter.api.Test;

class RepeatedBlocksTest {
  @Test
  void findsEveryLayer() {
    assertThat(RepeatedBlocks.find(ReportBrowserTest.chain(6, 12)))
        .containsExactly(new RepeatedBlocks.Block(12, List.of(0, 12, 24, 36, 48, 60)));
  }

  @Test
  void findsNothingWhereNothingRepeats() {
    assertThat(RepeatedBlocks.find(ReportBrowserTest.chain(1, 4))).isEmpty();
  }

  @Test
  void findsNothingInAnEmptyGraph() {
    assertThat(RepeatedBlocks.find(GraphParser.parse("""
        graph nothing {
          input x: float32[2]
          output "y" = x
        }
        """, Operators::get))).isEmpty();
  }

  @Test
  void tellsOperatorsWithOtherAttributesApart() {
    assertThat(RepeatedBlocks.find(pooled("[2, 2]", "[2, 2]"))).containsExactly(new RepeatedBlocks.Block(4, List.of(0, 4)));
    assertThat(RepeatedBlocks.find(pooled("[2, 2]", "[3, 3]"))).isEmpty();
  }

  @Test
  void keepsBlocksThatAreReadFromSeveralPlaces() {
    Graph graph = GraphParser.parse("""
        graph leaky {
          input x: float32[2]
          a = Relu(x)
          b = Sigmoid(a)
          c = Tanh(b)
          d = Exp(c)
          e = Relu(d)
          f = Sigmoid(e)
          g = Tanh(f)
          h = Exp(g)
          i = Add(b, h)
          j = Add(f, i)
          output "y" = j
        }
        """, Operators::get);
    assertThat(RepeatedBlocks.find(graph)).isEmpty();
  }

  private static Graph pooled(String first, String second) {
    return GraphParser.parse("""
        graph pooled {
          input x: float32[1, 1, 24, 24]
          a = Relu(x)
          b = Sigmoid(a)
          c = MaxPool(b) {kernel_shape = %s}
          d = Exp(c)
          e = Relu(d)
          f = Sigmoid(e)
          g = MaxPool(f) {kernel_shape = %s}
          h = Exp(g)
          output "y" = h
        }
        """.formatted(first, second), Operators::get);
  }
}
