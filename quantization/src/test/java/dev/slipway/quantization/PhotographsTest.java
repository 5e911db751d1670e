package dev.slipway.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.vision.Normalization;
import dev.slipway.vision.PixelFormat;
import dev.slipway.vision.Preprocessing;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Classifiers of photographs keep their accuracy, here and in ONNX Runtime. */
@Tag("slow")
class PhotographsTest {
  private static final Preprocessing SQUEEZENET =
      Preprocessing.to(PixelFormat.BGR).centerCrop(224, 224).normalize(Normalization.subtract(104, 117, 123));
  private static final Preprocessing MOBILENET =
      Preprocessing.to(PixelFormat.RGB).centerCrop(224, 224).normalize(Normalization.SYMMETRIC);

  @Test
  void quantizesSqueezenet() {
    assertAccuracy("squeezenet_fp32", "data_0", SQUEEZENET, 0.04);
  }

  @Test
  void quantizesMobilenet() {
    assertAccuracy("mobilenet_v1_0.25_224", "input", MOBILENET, 0.04);
  }

  private static void assertAccuracy(String name, String input, Preprocessing preprocessing, double loss) {
    Graph model = SharedData.model(name);
    Engines engines = new Engines();
    Quantizer quantizer = new Quantizer(QuantizationOptions.defaults(), engines);
    QuantizedModel quantized = quantizer.quantize(model, ImageNetSample.calibration(input, preprocessing));
    ImageNetSample test = new ImageNetSample(input, preprocessing, label -> label % 10 == 3);
    double before = accuracy(test, engines.open(model));
    double simulated =
        accuracy(test, engines.open(QuantizedGraph.simulated(quantized.plan(), quantized.parameters())));
    double elsewhere = accuracy(test, OnnxRuntime.of(OnnxWriter.bytes(quantized.graph())));
    assertThat(simulated).isGreaterThan(before - loss);
    assertThat(elsewhere).isGreaterThan(before - loss);
  }

  private static double accuracy(ImageNetSample test, GraphExecution model) {
    try (model) {
      return test.top1(model);
    }
  }
}
