package dev.slipway.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.SlipwayException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelCaseTest {

  @ParameterizedTest(name = "{0}")
  @CsvSource(delimiter = '|', textBlock = """
      conv:1x64x56x56:m128:k3:s2:p1:relu | [1, 128, 28, 28]
      conv:1x64x56x56:m128:k3:d2:g4      | [1, 128, 52, 52]
      depthwise:2x7x9x9:k3:p1:relu6      | [2, 7, 9, 9]
      convt:1x4x5x5:m3:k4:s2:p1          | [1, 3, 10, 10]
      maxpool:1x3x8x8:k2:s2              | [1, 3, 4, 4]
      gap:1x3x8x8                        | [1, 3, 1, 1]
      gemm:128x768:n3072:gelu            | [128, 3072]
      gemm:2x128x768:n32:silu            | [2, 128, 32]
      bmm:12x128x64:n128                 | [12, 128, 128]
      lstm:10x1x128:n256                 | [10, 1, 1, 256]
      softmax:12x128x128                 | [12, 128, 128]
      layernorm:128x768                  | [128, 768]
      add:3x4                            | [3, 4]
      resize:1x2x3x4:s2                  | [1, 2, 6, 8]
      Erf:1x64x56x56                     | [1, 64, 56, 56]
      """)
  void describesOperators(String text, String shape) {
    Workload workload = KernelCase.parse(text);
    Graph graph = workload.source().graph(List.of()).orElseThrow();

    assertThat(graph.tensorType(graph.outputs().get("result")).shape()).hasToString(shape);
    assertThat(workload.inputs().keySet()).containsExactlyElementsOf(workload.shapes().keySet());
  }

  @Test
  void countsOperations() {
    Graph graph = KernelCase.parse("bmm:12x128x64:n32").source().graph(List.of()).orElseThrow();

    assertThat(KernelCase.flops(graph)).isEqualTo(2L * 12 * 128 * 64 * 32);
  }

  @Test
  void saysWhatItExpects() {
    assertThatThrownBy(() -> KernelCase.parse("softmax"))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("kernel: softmax (expected: OPERATOR:DIMS, as in softmax:128x64)");
    assertThatThrownBy(() -> KernelCase.parse("gemm:2x3:n4:swish"))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("kernel: gemm:2x3:n4:swish: swish (expected: relu, sigmoid, tanh, gelu, relu6 or silu)");
  }
}
