package dev.slipway.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxReader;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DynamicQuantizerTest {
  private static final Graph PRODUCTS = Networks.parse("""
      graph products {
        constant s: int64[2] = {-1, 40}
        input x: float32[2, 3, 8]
        a = MatMul(x, w[8, 40]) "wide"
        r = Relu(a)
        f = Reshape(r, s)
        b = Gemm(f, w[5, 40], b[5]) {transB = 1} "last"
        output y = b
      }
      """);

  private static final Graph CONVOLUTIONS = Networks.parse("""
      graph convolutions {
        input x: float32[1, 4, 6, 6]
        a = Conv(x, w[8, 4, 3, 3], b[8]) {pads = [1, 1, 1, 1]} "whole"
        r = Relu(a)
        b = Conv(r, w[8, 1, 3, 3]) {group = 8} "depthwise"
        output y = b
      }
      """);

  private static UncalibratedModel quantize(Graph graph, DynamicScale scale, String... excluded) {
    return new DynamicQuantizer(scale, QuantizationOptions.defaults().withExcluded(Set.of(excluded))).quantize(graph);
  }

  @ParameterizedTest
  @EnumSource
  void staysNearTheFloatModelInEveryRuntime(DynamicScale scale) {
    for (Graph graph : List.of(PRODUCTS, CONVOLUTIONS)) {
      byte[] bytes = OnnxWriter.bytes(quantize(graph, scale).graph());
      Graph written = OnnxReader.read(bytes, "written");
      for (Map<String, Tensor> sample : Networks.samples(graph, 4, 1)) {
        float[] exact = Networks.run(graph, sample);
        float[] expected = Networks.run(written, sample);
        Deviation.Sum sum = new Deviation.Sum();
        sum.add(exact, expected);
        assertThat(sum.deviation().signalToNoise()).isBetween(30.0, 60.0);
        for (GraphExecution each : List.of(new Engines().open(written), OnnxRuntime.of(bytes))) {
          try (GraphExecution execution = each) {
            assertThat(execution.run(sample).get("y").toFloats()).containsExactly(expected, within(0.05f));
          }
        }
      }
    }
  }

  /** The rows of the second sample are a thousandth of the others. */
  @Test
  void tokensHaveScalesOfTheirOwn() {
    Map<String, Tensor> sample = Networks.samples(PRODUCTS, 1, 2).getFirst();
    Tensor x = sample.get("x");
    for (long i = x.elementCount() / 2; i < x.elementCount(); i++) {
      x.setDouble(i, x.getDouble(i) / 1000);
    }
    float[] exact = Networks.run(PRODUCTS, sample);
    float[] byToken = Networks.run(quantize(PRODUCTS, DynamicScale.PER_TOKEN, "last").graph(), sample);
    float[] byTensor = Networks.run(quantize(PRODUCTS, DynamicScale.PER_TENSOR, "last").graph(), sample);
    assertThat(furthest(exact, byToken)).isLessThan(furthest(exact, byTensor) / 5);
  }

  /** The largest difference in the second half. */
  private static float furthest(float[] exact, float[] other) {
    float furthest = 0;
    for (int i = exact.length / 2; i < exact.length; i++) {
      furthest = Math.max(furthest, Math.abs(exact[i] - other[i]));
    }
    return furthest;
  }

  @Test
  void writesOperatorsOfTheStandard() {
    assertThat(operators(PRODUCTS, DynamicScale.PER_TENSOR))
        .contains("DynamicQuantizeLinear", "MatMulInteger").doesNotContain("MatMul", "Gemm");
    assertThat(operators(PRODUCTS, DynamicScale.PER_TOKEN))
        .contains("ReduceMax", "QuantizeLinear", "MatMulInteger").doesNotContain("DynamicQuantizeLinear");
    assertThat(operators(CONVOLUTIONS, DynamicScale.PER_TOKEN)).contains("DynamicQuantizeLinear", "ConvInteger");
  }

  private static List<String> operators(Graph graph, DynamicScale scale) {
    return quantize(graph, scale).graph().nodes().stream().map(node -> node.op().schema().name()).toList();
  }

  @Test
  void leavesExcludedLayersAlone() {
    UncalibratedModel result = quantize(PRODUCTS, DynamicScale.PER_TOKEN, "wide");
    assertThat(result.layers()).containsExactly("last");
    assertThat(result.kept()).extracting(KeptFloat::toString).contains("wide (MatMul): it is excluded");
  }

  @Test
  void refusesModelsWithoutLayers() {
    Graph relu = Networks.parse("graph relu {\n  input x: float32[2]\n  y = Relu(x)\n  output y = y\n}\n");
    assertThatThrownBy(() -> quantize(relu, DynamicScale.PER_TENSOR))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("model relu: nothing can be quantised while it runs (expected: a float32 Conv, Gemm or MatMul with"
            + " constant weights)");
    assertThatThrownBy(() -> DynamicScale.named("per-row"))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("dynamic scale: per-row (expected: per-tensor or per-token)");
  }
}
