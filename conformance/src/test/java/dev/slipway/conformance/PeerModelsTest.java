package dev.slipway.conformance;

import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Tensor;
import dev.slipway.vision.Normalization;
import dev.slipway.vision.PixelFormat;
import dev.slipway.vision.Preprocessing;
import dev.slipway.vision.SamplePicture;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Trained models compute on the CPU backend what ONNX Runtime computes, at five shapes from one plan where they vary. */
@Tag("slow")
class PeerModelsTest {

  static Stream<Arguments> models() {
    return Stream.of(
        Arguments.of(TestModel.OCR_DETECTION, Criterion.FLOAT32, List.of(
            text(320, 192), text(32, 32), text(448, 64), text(96, 160), text(224, 256))),
        Arguments.of(TestModel.OCR_V3_DETECTION, Criterion.FLOAT32, List.of(text(320, 192))),
        Arguments.of(TestModel.OCR_RECOGNITION, Criterion.FLOAT32, pictures(
            new long[] {1, 3, 48, 320}, new long[] {1, 3, 48, 64}, new long[] {3, 3, 48, 160},
            new long[] {1, 3, 48, 400}, new long[] {2, 3, 48, 96})),
        Arguments.of(TestModel.OCR_V3_RECOGNITION, Criterion.FLOAT32, pictures(new long[] {1, 3, 48, 320})),
        Arguments.of(TestModel.OCR_DIRECTION, Criterion.FLOAT32, pictures(new long[] {2, 3, 48, 192})),
        Arguments.of(TestModel.MINILM, Criterion.FLOAT32, List.of(
            RandomTensors.sentences(2, 16), RandomTensors.sentences(1, 5), RandomTensors.sentences(4, 24),
            RandomTensors.sentences(1, 64), RandomTensors.sentences(3, 9))),
        Arguments.of(TestModel.MINILM_QUANTISED, Criterion.QUANTISED, List.of(
            RandomTensors.sentences(1, 16), RandomTensors.sentences(2, 9))),
        Arguments.of(TestModel.shared("yunet_n_dynamic"), Criterion.FLOAT32, yunet(
            new long[] {1, 3, 320, 320}, new long[] {1, 3, 32, 32}, new long[] {2, 3, 64, 160},
            new long[] {1, 3, 256, 96}, new long[] {3, 3, 96, 96})),
        Arguments.of(TestModel.shared("silero_vad_half"), Criterion.FLOAT32, List.of(
            speech(1, 576), speech(2, 576), speech(5, 576), speech(1, 544), speech(3, 512))));
  }

  private static List<Map<String, Tensor>> pictures(long[]... shapes) {
    return Stream.of(shapes).map(dims -> Map.of("x", RandomTensors.uniform(-1, 1, dims))).toList();
  }

  /** A picture with lines of text, so that the probabilities are not all zero. */
  private static Map<String, Tensor> text(int width, int height) {
    Preprocessing preprocessing =
        Preprocessing.to(PixelFormat.BGR).resize(width, height).normalize(Normalization.IMAGENET);
    return Map.of("x", preprocessing.apply(SamplePicture.draw()));
  }

  private static List<Map<String, Tensor>> yunet(long[]... shapes) {
    return Stream.of(shapes).map(dims -> Map.of("input", RandomTensors.uniform(0, 255, dims))).toList();
  }

  private static Map<String, Tensor> speech(int batch, int samples) {
    return Map.of(
        "input", RandomTensors.uniform(-0.5, 0.5, batch, samples),
        "state", RandomTensors.uniform(-1, 1, 2, batch, 128));
  }

  @ParameterizedTest
  @MethodSource("models")
  void agreesWithOnnxRuntime(
      TestModel model, Criterion criterion, List<Map<String, Tensor>> inputs, TestReporter reporter) {
    try (PeerRuntime peer = PeerRuntime.of(model.bytes());
        Engine engine = TestEngines.cpu(model, TestEngines.ranges(inputs));
        ExecutionContext context = engine.newContext()) {
      for (Map<String, Tensor> each : inputs) {
        String shapes = each.values().stream().map(tensor -> tensor.shape().toString()).sorted().toList().toString();
        Map<String, Tensor> expected = peer.run(each);
        Agreement agreement = criterion.check(context.run(each), expected, shapes);
        reporter.publishEntry(model + " " + shapes, agreement.toString());
      }
    }
  }
}
