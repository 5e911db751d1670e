package dev.slipway.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.operators.BatchNormalization;
import dev.slipway.operators.Conv;
import dev.slipway.operators.Gemm;
import dev.slipway.operators.MatMul;
import dev.slipway.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The models that benchmarks define have the layers and the arithmetic of their papers. */
class DefinedModelsTest {

  @Test
  void resNet50HasItsMultiplyAdds() {
    Graph graph = ResNet50.graph(1);

    assertThat(graph.nodes().stream().filter(node -> node.op() instanceof Conv)).hasSize(53);
    assertThat(graph.nodes().stream().filter(node -> node.op() instanceof BatchNormalization)).hasSize(53);
    assertThat(multiplyAdds(graph)).isEqualTo(4_089_184_256L);
    assertThat(parameters(graph)).isBetween(25_500_000L, 25_700_000L);
  }

  @Test
  void resNet50ScalesWithItsBatch() {
    assertThat(multiplyAdds(ResNet50.graph(2))).isEqualTo(2 * 4_089_184_256L);
  }

  @Test
  void bertBaseHasItsMultiplyAdds() {
    Graph graph = BertBase.graph(1, 128);

    assertThat(multiplyAdds(graph)).isEqualTo(12L * (4 * 128 * 768 * 768 + 2 * 128 * 128 * 768 + 2 * 128 * 768 * 3072));
    assertThat(parameters(graph)).isBetween(108_000_000L, 110_000_000L);
  }

  /** Of convolutions and matrix products; their biases are additions only. */
  private static long multiplyAdds(Graph graph) {
    return graph.nodes().stream().mapToLong(node -> multiplyAdds(graph, node)).sum();
  }

  private static long multiplyAdds(Graph graph, Node node) {
    List<TensorType> inputs = node.inputs().stream().map(graph::tensorType).toList();
    long outputs = elements(graph.tensorType(node.output(0)));
    return switch (node.op()) {
      case Conv ignored -> outputs * elements(inputs.get(1)) / inputs.get(1).shape().known()[0];
      case Gemm ignored -> outputs * inputs.get(1).shape().known()[0];
      case MatMul ignored -> outputs * inputs.get(1).shape().known()[inputs.get(1).shape().rank() - 2];
      default -> 0;
    };
  }

  private static long parameters(Graph graph) {
    return graph.constants().values().stream().mapToLong(tensor -> tensor.elementCount()).sum();
  }

  private static long elements(TensorType type) {
    return type.shape().elementCount();
  }
}
