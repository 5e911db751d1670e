package dev.slipway.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.Node;
import dev.slipway.operators.Attention;
import dev.slipway.operators.Fused;
import dev.slipway.operators.Operators;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KernelGroupingTest {
  private static final String ATTENTION = """
      graph test {
        input x: float32[1, 5, 12]
        q, k, v = Split(x) {axis = 2, num_outputs = 3}
        y = Attention(q, k, v) {q_num_heads = 2, kv_num_heads = 2}
        output "y" = y
      }
      """;

  private static Graph group(String text, FakeBackend backend) {
    Graph graph = GraphParser.parse(text, Operators::get);
    return KernelGrouping.group(graph, backend, ShapesAtOpt.of(graph, Map.of()), new Reasons());
  }

  @Test
  void joinsASplitWithItsReader() {
    Graph grouped = group(ATTENTION, new FakeBackend(new FakeTime()).with("all", 1, 1, 1));
    assertThat(grouped.nodes()).singleElement().satisfies(node -> {
      List<Node> body = ((Fused) node.op()).body().nodes();
      assertThat(body).extracting(inner -> inner.op().schema().name()).containsExactly("Split", "Attention");
      assertThat(node.inputs()).isEqualTo(grouped.inputs());
    });
  }

  @Test
  void leavesASplitThatOthersRead() {
    String other = ATTENTION.replace("output \"y\" = y", "output \"y\" = y\n  output \"v\" = v");
    Graph grouped = group(other, new FakeBackend(new FakeTime()).with("all", 1, 1, 1));
    assertThat(grouped.nodes()).extracting(node -> node.op().schema().name()).containsExactly("Split", "Attention");
  }

  @Test
  void leavesASplitThatNoTacticTakes() {
    FakeBackend backend = new FakeBackend(new FakeTime())
        .with("attention", request -> request.op() instanceof Attention, 1, choice -> 1);
    assertThat(group(ATTENTION, backend).nodes()).hasSize(2);
  }
}
