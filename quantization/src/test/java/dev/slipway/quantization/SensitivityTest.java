package dev.slipway.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.Tensor;
import dev.slipway.vision.Normalization;
import dev.slipway.vision.PixelFormat;
import dev.slipway.vision.Preprocessing;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SensitivityTest {
  private static final Graph CHAIN = Networks.parse("""
      graph chain {
        input x: float32[1, 16]
        a = MatMul(x, w[16, 16]) "first"
        b = Relu(a)
        c = MatMul(b, w[16, 16]) "second"
        d = Relu(c)
        e = MatMul(d, w[16, 4]) "third"
        output y = e
      }
      """);

  @Test
  void measuresLayersAloneAndFreed() {
    CalibrationData data = CalibrationData.of(Networks.samples(CHAIN, 8, 1));
    QuantizedModel model = quantize(CHAIN, data, GraphExecutor.reference());
    Sensitivity sensitivity = new Sensitivity(model, GraphExecutor.reference(), line -> {});
    double whole = sensitivity.whole(data);
    for (Sensitivity.LayerSensitivity layer : sensitivity.rank(data, true)) {
      assertThat(layer.alone()).isGreaterThan(whole);
      assertThat(layer.freed().orElseThrow()).isGreaterThan(whole - 1);
      assertThat(layer.hasWastefulScales()).isFalse();
    }
  }

  @Test
  void ranksByTheAccuracyThatLayersCost() {
    CalibrationData data = CalibrationData.of(Networks.samples(CHAIN, 8, 1));
    QuantizedModel model = quantize(CHAIN, data, GraphExecutor.reference());
    QuantizedModel spoiled = Spoiled.weights(model, model.plan().layers().get(1), 8);
    AccuracyMeasure cosine = execution -> {
      Deviation.Sum sum = new Deviation.Sum();
      data.forEach(sample -> sum.add(Networks.run(CHAIN, sample), execution.run(sample).get("y").toFloats()));
      return sum.deviation().cosine();
    };
    List<Sensitivity.LayerSensitivity> layers = new Sensitivity(spoiled, GraphExecutor.reference(), line -> {})
        .withMeasure(cosine).rank(data, false).stream()
        .sorted(Comparator.comparingDouble(layer -> -layer.accuracyLoss().orElseThrow()))
        .toList();
    assertThat(layers.getFirst().layer()).isEqualTo("second");
    assertThat(layers).extracting(layer -> layer.accuracyLoss().orElseThrow())
        .isSortedAccordingTo(Comparator.reverseOrder())
        .allSatisfy(loss -> assertThat(loss).isBetween(0.0, 0.1));
  }

  @Test
  void measuresErrorsOfLayers() {
    CalibrationData data = CalibrationData.of(Networks.samples(CHAIN, 8, 1));
    QuantizedModel model = quantize(CHAIN, data, GraphExecutor.reference());
    List<LayerError> errors = new LayerErrors(model, GraphExecutor.reference(), line -> {}).measure(data);
    assertThat(errors).extracting(LayerError::layer).containsExactly("first", "second", "third");
    assertThat(errors.getFirst().local()).isEqualTo(errors.getFirst().cumulative());
    assertThat(errors.getLast().cumulative().signalToNoise())
        .isLessThan(errors.getLast().local().signalToNoise()).isGreaterThan(25);
    assertThat(errors.getLast().cumulative().cosine()).isBetween(0.99, 1.0);
    QuantizedModel spoiled = Spoiled.weights(model, model.plan().layers().get(1), 8);
    List<LayerError> worse = new LayerErrors(spoiled, GraphExecutor.reference(), line -> {}).measure(data);
    assertThat(worse.get(1).local().signalToNoise()).isLessThan(errors.get(1).local().signalToNoise() - 10);
    assertThat(worse.get(2).local()).isEqualTo(errors.get(2).local());
  }

  /** Twenty placements over three models. */
  @Tag("slow")
  @Test
  void ranksASpoiledLayerFirst() {
    assertRanksSpoiledFirst("mnist_cntk", "Input3", Preprocessing.to(PixelFormat.GREY).resize(28, 28), 3);
    assertRanksSpoiledFirst("resnet8_cifar10", "input", Preprocessing.to(PixelFormat.RGB).resize(32, 32), 10);
    Preprocessing photograph =
        Preprocessing.to(PixelFormat.RGB).centerCrop(224, 224).normalize(Normalization.SYMMETRIC);
    assertRanksSpoiledFirst("mobilenet_v1_0.25_224", "input", photograph, 7);
  }

  private static void assertRanksSpoiledFirst(String name, String input, Preprocessing preprocessing, int placements) {
    Graph graph = SharedData.model(name);
    List<Map<String, Tensor>> samples = new ArrayList<>();
    new ImageNetSample(input, preprocessing, label -> label % 250 == 0).forEach(samples::add);
    CalibrationData data = CalibrationData.of(samples);
    Engines engines = new Engines();
    QuantizedModel model = quantize(graph, data, engines);
    List<Layer> layers = new ArrayList<>(model.plan().layers());
    Collections.shuffle(layers, new Random(1));
    for (int i = 0; i < placements; i++) {
      Layer layer = layers.get(i);
      boolean shared = layers.stream().filter(other -> other.input().equals(layer.input())).count() > 1;
      QuantizedModel spoiled =
          i % 2 == 0 || shared ? Spoiled.weights(model, layer, 8) : Spoiled.activations(model, layer, 8);
      List<Sensitivity.LayerSensitivity> ranked =
          new Sensitivity(spoiled, engines, line -> {}).rank(data.first(1), false);
      assertThat(ranked.getFirst().layer()).as("%s, placement %d", name, i).isEqualTo(layer.name());
    }
  }

  private static QuantizedModel quantize(Graph graph, CalibrationData data, GraphExecutor executor) {
    return new Quantizer(QuantizationOptions.defaults(), executor).quantize(graph, data);
  }
}
