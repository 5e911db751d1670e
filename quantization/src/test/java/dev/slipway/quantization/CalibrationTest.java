package dev.slipway.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CalibrationTest {
  private static final Graph GRAPH = Networks.parse("""
      graph small {
        input x: float32[N, 4]
        h = MatMul(x, w[4, 8]) "one"
        r = Relu(h)
        y = MatMul(r, w[8, 2]) "two"
        output y = y
      }
      """);

  @Test
  void refusesNoSamples() {
    assertRefused(List.of(), "calibration data: no samples (expected: at least 1, better 100)");
  }

  @Test
  void refusesMissingInputs() {
    assertRefused(List.of(Map.of("z", Tensor.of(new float[4], 1, 4))),
        "calibration data: sample 0: input x is missing (expected: float32[N, 4])");
  }

  @Test
  void refusesWrongShapesAndTypes() {
    assertRefused(List.of(sample(1, 2, 3, 4), Map.of("x", Tensor.of(new float[6], 1, 6))),
        "calibration data: sample 1: input x is float32[1, 6] (expected: float32[N, 4])");
    assertRefused(List.of(Map.of("x", Tensor.of(new double[4], 1, 4))),
        "calibration data: sample 0: input x is float64[1, 4] (expected: float32[N, 4])");
  }

  @Test
  void refusesWhatIsNotFinite() {
    assertRefused(List.of(sample(1, 2, Float.NaN, 4)),
        "calibration data: sample 0: input x holds NaN (expected: finite numbers)");
    assertRefused(List.of(sample(1, 2, 3, 4), sample(1, Float.NEGATIVE_INFINITY, 3, 4)),
        "calibration data: sample 1: input x holds an infinity (expected: finite numbers)");
    assertRefused(List.of(sample(3e38f, 3e38f, 3e38f, -3e38f)),
        "calibration data: sample 0: value r holds an infinity (expected: finite numbers)");
  }

  @Test
  void refusesInputsThatAreZero() {
    assertRefused(List.of(sample(0, 0, 0, 0)),
        "calibration data: input x is 0 everywhere (expected: real samples, whose range tells the scale)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"minmax", "moving-average", "percentile", "entropy", "mse"})
  void refusesInputsWithoutElements(String calibrator) {
    Quantizer quantizer = new Quantizer(
        QuantizationOptions.defaults().withCalibrator(Calibrator.named(calibrator)), GraphExecutor.reference());
    CalibrationData data = CalibrationData.of(List.of(Map.of("x", Tensor.of(new float[0], 0, 4))));
    assertThatThrownBy(() -> quantizer.quantize(GRAPH, data))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("calibration data: input x has no elements in any sample (expected: real samples, whose range tells"
            + " the scale)");
  }

  @Test
  void notesValuesThatNeverVary() {
    Graph dead = Networks.parse("""
        graph dead {
          input x: float32[1, 4]
          a = Abs(x)
          n = Neg(a)
          r = Relu(n)
          y = MatMul(r, w[4, 2]) "layer"
          z = MatMul(x, w[4, 2]) "other"
          output y = y
          output z = z
        }
        """);
    QuantizedModel model = new Quantizer(QuantizationOptions.defaults(), GraphExecutor.reference())
        .quantize(dead, CalibrationData.of(List.of(sample(1, -2, 3, 4))));
    assertThat(model.notes()).containsExactly("value r: 0 in all samples, so that its scale is arbitrary (expected:"
        + " samples that make it vary)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"minmax", "moving-average", "percentile", "entropy", "mse"})
  void everyCalibratorGivesUsableRanges(String name) {
    List<String> lines = new ArrayList<>();
    QuantizationOptions options =
        QuantizationOptions.defaults().withCalibrator(Calibrator.named(name)).withProgress(lines::add);
    QuantizedModel model = new Quantizer(options, GraphExecutor.reference())
        .quantize(GRAPH, CalibrationData.of(
            Networks.samples(GRAPH.withInputShapes(Map.of("x", Shape.of(64, 4))), 5, 1)));
    model.ranges().values().forEach(range -> assertThat(range.magnitude()).isPositive());
    assertThat(lines).contains("calibrating: 5 of 5 samples");
  }

  @Test
  void keepsRangesInTheFormOfTensorRt(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("small.cache");
    Quantizer quantizer = new Quantizer(QuantizationOptions.defaults(), GraphExecutor.reference());
    QuantizedModel model = quantizer.quantize(GRAPH, CalibrationData.of(List.of(sample(1, -2, 3, 4))));
    CalibrationCache.of(model.plan().graph(), model.ranges(), Calibrator.entropy()).write(file);
    assertThat(Files.readString(file)).startsWith("TRT-8601-EntropyCalibration2\nr: ")
        .endsWith("\nx: " + Integer.toHexString(Float.floatToIntBits(4 / 127f)) + "\n");
    assertThat(Files.list(folder)).hasSize(1);
    QuantizedModel again = quantizer.quantize(GRAPH, CalibrationCache.read(file));
    assertThat(again.ranges().get(GRAPH.input("x").orElseThrow())).isEqualTo(Range.symmetric(4));
    model.parameters().values().forEach((id, params) -> {
      if (!GRAPH.isInput(id)) {
        assertThat(again.parameters().values().get(id).zeroPoint()).isZero();
        assertThat(again.parameters().values().get(id).scale()).isCloseTo(params.scale(), within(1e-6f));
      }
    });
  }

  @Test
  void readsCachesOfTensorRt() {
    CalibrationCache cache = CalibrationCache.parse(
        "TRT-8501-EntropyCalibration2\ndata: 3c010a14\n(Unnamed Layer* 0) [Convolution]_output: 3dcccccd\n", "file");
    assertThat(cache.calibrator()).isEqualTo("EntropyCalibration2");
    assertThat(cache.scales()).containsEntry("data", 0.007875938f)
        .containsEntry("(Unnamed Layer* 0) [Convolution]_output", 0.1f);
  }

  @Test
  void refusesBrokenCaches() {
    assertThatThrownBy(() -> CalibrationCache.parse("data: 3c010a14", "a.cache"))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("a.cache: first line \"data: 3c010a14\" (expected: TRT-VERSION-CALIBRATOR, as in"
            + " TRT-8601-EntropyCalibration2)");
    for (String line : List.of("data 1", "data: 7fc00000", "data: bc010a14", "data: xyz")) {
      assertThatThrownBy(() -> CalibrationCache.parse("TRT-1-A\n" + line, "a.cache"))
          .isInstanceOf(SlipwayException.class)
          .hasMessage("a.cache: line 2 \"" + line + "\" (expected: NAME: and the bits of a float32 scale in"
              + " hexadecimal, as in data: 3c010a14)");
    }
    Quantizer quantizer = new Quantizer(QuantizationOptions.defaults(), GraphExecutor.reference());
    assertThatThrownBy(() -> quantizer.quantize(GRAPH, new CalibrationCache("A", Map.of("x", 1f))))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("calibration cache: no value r (expected: a cache of this model; without it, the model is"
            + " calibrated anew)");
  }

  private static void assertRefused(List<Map<String, Tensor>> samples, String message) {
    Quantizer quantizer = new Quantizer(QuantizationOptions.defaults(), GraphExecutor.reference());
    assertThatThrownBy(() -> quantizer.quantize(GRAPH, CalibrationData.of(samples)))
        .isInstanceOf(SlipwayException.class)
        .hasMessage(message);
  }

  private static Map<String, Tensor> sample(float... values) {
    return new HashMap<>(Map.of("x", Tensor.of(values, 1, 4)));
  }
}
