package dev.slipway.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.graph.Graph;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayerRankingTest {
  private static final Graph CHAIN = Networks.parse("""
      graph chain {
        input x: float32[1, 8]
        a = MatMul(x, w[8, 16]) "small"
        b = Relu(a)
        c = MatMul(b, w[16, 64]) "large"
        d = Relu(c)
        e = MatMul(d, w[64, 16]) "also large"
        f = Relu(e)
        g = MatMul(f, w[16, 8]) "last"
        output y = g
      }
      """);
  private static final CalibrationData DATA = CalibrationData.of(Networks.samples(CHAIN, 8, 1));

  private static List<LayerRanking.Ranked> rank(QuantizedModel model) {
    return new LayerRanking(model, GraphExecutor.reference(), line -> {}).rank(DATA);
  }

  private static QuantizedModel quantized() {
    return new Quantizer(QuantizationOptions.defaults(), GraphExecutor.reference()).quantize(CHAIN, DATA);
  }

  @Test
  void ranksSpoiledLayersFirst() {
    QuantizedModel model = quantized();
    for (Layer layer : model.plan().layers()) {
      assertThat(rank(Spoiled.weights(model, layer, 8)).getFirst().layer()).isEqualTo(layer.name());
      assertThat(rank(Spoiled.activations(model, layer, 8)).getFirst().layer()).isEqualTo(layer.name());
    }
  }

  @Test
  void countsMultiplyAdds() {
    List<LayerRanking.Ranked> ranked = rank(quantized());
    double all = 8 * 16 + 16 * 64 + 64 * 16 + 16 * 8;
    assertThat(ranked).extracting(LayerRanking.Ranked::layer)
        .containsExactlyInAnyOrder("small", "large", "also large", "last");
    assertThat(ranked).allSatisfy(layer -> assertThat(layer.share())
        .isCloseTo((layer.layer().contains("large") ? 1024 : 128) / all, within(1e-12)));
  }

  @Test
  void ofLikeNoiseTheCheaperLayerGainsMore() {
    assertThat(new LayerRanking.Ranked("cheap", 1e-3, 0.01).gain(10))
        .isGreaterThan(new LayerRanking.Ranked("dear", 1.5e-3, 0.3).gain(10));
    assertThat(new LayerRanking.Ranked("noisy", 1e-2, 0.3).gain(10))
        .isGreaterThan(new LayerRanking.Ranked("cheap", 1e-3, 0.01).gain(10));
  }
}
