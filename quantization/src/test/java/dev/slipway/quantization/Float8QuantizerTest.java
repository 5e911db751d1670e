package dev.slipway.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPrinter;
import dev.slipway.graph.GraphVerifier;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class Float8QuantizerTest {
  private static final Graph GRAPH = Networks.parse("""
      graph products {
        input x: float32[1, 3, 32]
        a = MatMul(x, w[32, 64]) "wide"
        r = Relu(a)
        b = MatMul(r, w[64, 32]) "deep"
        s = Add(b, x)
        t = MatMul(s, w[32, 20]) "odd"
        f = Reshape(s, shape)
        c = Gemm(f, w[16, 96], b[16]) {transB = 1} "last"
        output y = c
        output z = t
      }
      """.replace("shape)", "n)").replace("input x", "constant n: int64[2] = {1, 96}\n  input x"));

  private static Float8Quantizer.Result quantize(QuantizationOptions options) {
    return new Float8Quantizer(options, new Engines())
        .quantize(GRAPH, CalibrationData.of(Networks.samples(GRAPH, 8, 1)));
  }

  @Test
  void staysNearTheFloatModel() {
    Float8Quantizer.Result result = quantize(QuantizationOptions.defaults());
    GraphVerifier.verify(result.graph());
    assertThat(result.layers()).containsExactly("wide", "deep", "last");
    assertThat(result.kept()).extracting(KeptFloat::toString)
        .contains("odd (MatMul): its weights are float32[32, 20] (expected: multiples of 16)");
    assertThat(result.graph().constants().values()).extracting(tensor -> tensor.type().toString())
        .contains("float8e4m3fn[32, 64]", "float8e4m3fn[64, 32]", "float8e4m3fn[16, 96]", "float32[16]");
    Deviation.Sum sum = new Deviation.Sum();
    for (Map<String, Tensor> sample : Networks.samples(GRAPH, 8, 1)) {
      sum.add(Networks.run(GRAPH, sample), Networks.run(result.graph(), sample));
    }
    assertThat(sum.deviation().signalToNoise()).isBetween(20.0, 45.0);
  }

  @Test
  void leavesOtherReadersOfActivationsAlone() {
    assertThat(GraphPrinter.print(quantize(QuantizationOptions.defaults()).graph()))
        .contains("MatMul(x_dequantized, wide_weights_dequantized)", "s: float32[1, 3, 32] = Add(b, x)");
  }

  @Test
  void quantisesByRangesThatWereFoundBefore() {
    Float8Quantizer.Result found = quantize(QuantizationOptions.defaults());
    Float8Quantizer.Result again = new Float8Quantizer(QuantizationOptions.defaults(), graph -> inputs -> Map.of())
        .quantize(GRAPH, found.ranges());
    Map<String, Tensor> sample = Networks.samples(GRAPH, 1, 2).getFirst();
    assertThat(Networks.run(again.graph(), sample))
        .containsExactly(Networks.run(found.graph(), sample), within(1e-2f));
  }

  @Test
  void refusesModelsWithoutProducts() {
    QuantizationOptions none = QuantizationOptions.defaults().withExcluded(Set.of("wide", "deep", "last"));
    assertThatThrownBy(() -> quantize(none))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("model products: no products for float8 (expected: a float32 MatMul or Gemm with constant weights,"
            + " whose sizes are multiples of 16)");
  }
}
