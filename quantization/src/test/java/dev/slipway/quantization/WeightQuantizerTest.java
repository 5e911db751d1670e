package dev.slipway.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WeightQuantizerTest {
  private static final Graph GRAPH = Networks.parse("""
      graph products {
        input x: float32[1, 3, 8]
        a = MatMul(x, w[8, 40]) "wide"
        r = Relu(a)
        b = MatMul(r, w[40, 8]) "deep"
        f = Reshape(b, shape)
        c = Gemm(f, w[5, 24], b[5]) {transB = 1} "last"
        output y = c
      }
      """.replace("shape)", "s)").replace("input x", "constant s: int64[2] = {1, 24}\n  input x"));

  @Test
  void staysNearTheFloatModel() {
    UncalibratedModel result = new WeightQuantizer(16, Set.of()).quantize(GRAPH);
    assertThat(result.layers()).containsExactly("wide", "deep", "last");
    assertThat(result.graph().constants().values()).extracting(tensor -> tensor.type().toString())
        .contains("int4[8, 40]", "int4[40, 8]", "int4[5, 24]", "float32[1, 40]", "float32[3, 8]", "float32[5, 2]");
    Deviation.Sum sum = new Deviation.Sum();
    for (Map<String, Tensor> sample : Networks.samples(GRAPH, 8, 1)) {
      sum.add(Networks.run(GRAPH, sample), Networks.run(result.graph(), sample));
    }
    assertThat(sum.deviation().signalToNoise()).isBetween(12.0, 35.0);
  }

  @Test
  void runsAlikeInOtherRuntimes() {
    Graph graph = new WeightQuantizer(16, Set.of()).quantize(GRAPH).graph();
    Map<String, Tensor> sample = Networks.samples(GRAPH, 1, 2).getFirst();
    float[] expected = Networks.run(graph, sample);
    for (GraphExecution each : List.of(new Engines().open(graph), OnnxRuntime.of(OnnxWriter.bytes(graph)))) {
      try (GraphExecution execution = each) {
        assertThat(execution.run(sample).get("y").toFloats()).containsExactly(expected, within(1e-4f));
      }
    }
  }

  @Test
  void leavesExcludedLayersAlone() {
    UncalibratedModel result = new WeightQuantizer(16, Set.of("deep")).quantize(GRAPH);
    assertThat(result.layers()).containsExactly("wide", "last");
    assertThat(result.kept()).extracting(KeptFloat::toString).contains("deep (MatMul): it is excluded");
  }

  @Test
  void refusesSmallBlocksAndModelsWithoutProducts() {
    assertThatThrownBy(() -> new WeightQuantizer(8, Set.of()))
        .isInstanceOf(SlipwayException.class).hasMessage("block size: 8 (expected: >= 16)");
    Graph relu = Networks.parse("graph relu {\n  input x: float32[2]\n  y = Relu(x)\n  output y = y\n}\n");
    assertThatThrownBy(() -> new WeightQuantizer(32, Set.of()).quantize(relu))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("model relu: no weights for int4 (expected: a float32 MatMul or Gemm with constant weights)");
  }
}
