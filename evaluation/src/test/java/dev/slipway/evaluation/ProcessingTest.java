package dev.slipway.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.onnx.OnnxTensors;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import dev.slipway.vision.Color;
import dev.slipway.vision.Image;
import dev.slipway.vision.ImageStep;
import dev.slipway.vision.Interpolation;
import dev.slipway.vision.Normalization;
import dev.slipway.vision.PixelFormat;
import dev.slipway.vision.Point;
import dev.slipway.vision.Preprocessing;
import dev.slipway.vision.Quad;
import dev.slipway.vision.TextLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ProcessingTest {
  static final Path SAMPLES = Stream.of(Path.of("../samples/evaluation"), Path.of("samples/evaluation"))
      .filter(Files::exists)
      .findFirst()
      .orElseThrow();

  @TempDir private Path folder;

  private Processing read(String yaml) throws IOException {
    return Processing.read(Files.writeString(folder.resolve("model.yaml"), yaml));
  }

  static Stream<Path> samples() throws IOException {
    try (Stream<Path> files = Files.list(SAMPLES)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("samples")
  void readsTheSamples(Path file) throws IOException {
    Path copy = Files.copy(file, folder.resolve(file.getFileName()));
    Files.writeString(folder.resolve("ppocr_keys_v1.txt"), "a\nb\n");
    Processing processing = Processing.read(copy, (model, profile) -> inputs -> Map.of());
    assertThat(processing.output().metrics()).isNotEmpty();
  }

  @Test
  void readsEveryStep() throws IOException {
    PictureInput input = (PictureInput) read("""
        input:
          picture:
            name: x
            format: bgr
            layout: nhwc
            steps:
              - resize-short-side: {side: 256, interpolation: antialiased}
              - center-crop: [224, 200]
              - pad: {left: 1, top: 2, right: 3, bottom: 4, color: [1, 2, 3]}
              - letterbox: {size: 416, anchor: top-left, color: 114, interpolation: nearest}
              - resize: {size: [8, 4]}
            normalize: {divide-by: 255, mean: [0.1, 0.2, 0.3], deviation: 0.5}
        output: {classes: {softmax: true, metrics: [top-k, f1, auc]}}
        """).input();
    assertThat(input).isEqualTo(new PictureInput("x", new Preprocessing(PixelFormat.BGR, List.of(
        new ImageStep.ResizeShortSide(256, Interpolation.ANTIALIASED),
        new ImageStep.CenterCrop(224, 200),
        new ImageStep.Pad(1, 2, 3, 4, new Color(1, 2, 3)),
        new ImageStep.Letterbox(416, 416, ImageStep.Letterbox.Anchor.TOP_LEFT, Color.grey(114), Interpolation.NEAREST),
        new ImageStep.Resize(8, 4, Interpolation.BILINEAR)),
        new Normalization(1 / 255.0, List.of(0.1, 0.2, 0.3), List.of(0.5))), PictureInput.Layout.NHWC));
  }

  @Test
  void givesWhatTheModelTakes() throws IOException {
    InputProcessing processing = read("input: {picture: {format: rgb, layout: nhwc}}\noutput: {classes: {}}").input();
    Image image = new Image(2, 1, PixelFormat.RGB, new byte[] {1, 2, 3, 4, 5, (byte) 255});
    Item item = new Item("two pixels", new Content.Picture(image), new Label.None());
    Map<String, ValueType> inputs = Map.of("x", TensorType.of(DType.UINT8, 1, 1, 2, 3));
    Tensor tensor = processing.prepare(item, inputs).getFirst().inputs().get("x");
    assertThat(tensor.type()).isEqualTo(TensorType.of(DType.UINT8, 1, 1, 2, 3));
    assertThat(tensor.toInts()).containsExactly(1, 2, 3, 4, 5, 255);
    Map<String, ValueType> two = Map.of("x", TensorType.of(DType.UINT8, 1), "y", TensorType.of(DType.UINT8, 1));
    assertThatThrownBy(() -> processing.prepare(item, two)).isInstanceOf(SlipwayException.class)
        .hasMessageStartingWith("input of the model: not named (expected: one of [");
    Item text = new Item("line 1", new Content.TextPair("a", "b"), new Label.Pair(0, 1));
    assertThatThrownBy(() -> processing.prepare(text, inputs)).hasMessageStartingWith("line 1: no picture");
  }

  @Test
  void givesTokensOfTexts() throws IOException {
    Files.writeString(folder.resolve("vocab.txt"), "[UNK]\n[CLS]\n[SEP]\nhi\n");
    InputProcessing processing =
        read("input: {text: {vocabulary: vocab.txt}}\noutput: {embedding: {name: y}}").input();
    Map<String, ValueType> inputs = Map.of(
        "input_ids", TensorType.of(DType.INT64, 1, 3), "attention_mask", TensorType.of(DType.INT64, 1, 3));
    Item pair = new Item("line 1", new Content.TextPair("hi", "hi hi"), new Label.Pair(0, 1));
    List<Sample> samples = processing.prepare(pair, inputs);
    assertThat(samples).hasSize(2);
    assertThat(samples.get(1).inputs().get("input_ids").toInts()).containsExactly(1, 3, 3, 2);
    assertThat(samples.get(1).inputs()).containsOnlyKeys("input_ids", "attention_mask");
    InputProcessing tokensOnly = read("input: {text: {}}\noutput: {embedding: {}}").input();
    assertThatThrownBy(() -> tokensOnly.prepare(pair, inputs)).isInstanceOf(SlipwayException.class)
        .hasMessageStartingWith("line 1: a text (expected: ids of tokens, or a \"vocabulary\"");
  }

  /** A detector that marks one line, and networks that find it upright and read an A. */
  @Test
  void readsLinesByNetworksBesideTheModel() throws IOException {
    Files.writeString(folder.resolve("letters.txt"), "A\nB\n");
    Path yaml = Files.writeString(folder.resolve("model.yaml"), """
        input: {text-picture: {min-side: 32, max-side: 64}}
        output: {text-lines: {direction: turn.onnx, recognizer: read.onnx, dictionary: letters.txt}}
        """);
    Processing processing = Processing.read(yaml, (model, profile) -> {
      assertThat(profile.ranges()).containsOnlyKeys("x");
      float[] result = model.endsWith("turn.onnx") ? new float[] {1, 0} : new float[] {0, 0.9f, 0.1f, 0};
      return values -> Map.of("y", model.endsWith("turn.onnx")
          ? Tensor.of(result, 1, 2) : Tensor.of(result, 1, 1, result.length));
    });
    Image picture = Image.filled(64, 32, PixelFormat.RGB, Color.WHITE);
    Quad quad = new Quad(new Point(8, 8), new Point(56, 8), new Point(56, 24), new Point(8, 24));
    Item item = new Item("p", new Content.Picture(picture),
        new Label.Lines(picture, List.of(new Label.Line(quad, "A"))));
    Map<String, ValueType> inputs = Map.of("x", TensorType.of(DType.FLOAT32, 1, 3, 32, 64));
    Sample sample = processing.input().prepare(item, inputs).getFirst();
    assertThat(sample.inputs().get("x").dims()).containsExactly(1, 3, 32, 64);
    float[] map = new float[32 * 64];
    for (int y = 10; y < 22; y++) {
      Arrays.fill(map, y * 64 + 12, y * 64 + 52, 0.9f);
    }
    Prediction read = processing.output().predict(Map.of("map", Tensor.of(map, 1, 1, 32, 64)), sample);
    assertThat(((Prediction.Lines) read).lines()).extracting(TextLine::text).containsExactly("A");
    Sample unlabelled = new Sample("p", sample.inputs(), new Label.None());
    assertThatThrownBy(() -> processing.output().predict(Map.of(), unlabelled)).isInstanceOf(SlipwayException.class)
        .hasMessageStartingWith("label: none (expected: lines of text");
    assertThatThrownBy(() -> Processing.read(yaml)).isInstanceOf(SlipwayException.class)
        .hasMessageEndingWith("turn.onnx: a network beside the model (expected: none here)");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "'' | no mapping",
    "'a: [' | no valid YAML",
    "'output: {classes: {}}' | ' input: nothing (expected: a value)'",
    "'input: {sound: {}}' | 'input: [sound] (expected: one of picture, text, text-picture, text-strip)'",
    "'input: {picture: {colour: red}}' | 'input.picture: unknown key colour (expected: one of format'",
    "'input: {picture: {format: cmyk}}' | 'input.picture.format: cmyk (expected: bgr or grey or rgb)'",
    "'input: {picture: {steps: [{turn: 90}]}}' | 'input.picture.steps[0]: [turn] (expected: one of center-crop'",
    "'input: {picture: {steps: [{center-crop: [1, 2, 3]}]}}' | '[1, 2, 3] (expected: a side, or width and height'",
    "'input: {picture: {steps: [{center-crop: 0}]}}' | 'size: 0x0 (expected: at least 1x1)'",
    "'input: {picture: {steps: [{resize: {size: big}}]}}' | 'steps[0].resize.size: big (expected: a whole number'",
    "'input: {picture: {normalize: {deviation: 0}}}' | 'no zero deviation'",
    "'input: {picture: {normalize: {mean: .nan}}}' | 'input.picture.normalize.mean: NaN (expected: a number'",
    "'input: {picture: {normalize: {divide-by: 0}}}' | 'divide-by: 0 (expected: a number other than 0)'",
    "'input: {picture: {steps: [{resize-short-side: {side: 99999999999}}]}}' | 'side: 99999999999 (expected: a whole'",
    "'input: {picture: {format: &a [*a, [*a]]}}' | 'format: [a list, a list] (expected: a text)'",
    "'input: {text: {vocabulary: none.txt}}' | 'none.txt cannot be read'",
    "'input: {text: {}}, output: {boxes: {}}' | 'an input that is no picture'",
    "'input: {picture: {}}, output: {text-lines: {}}' | 'not behind a picture with text'",
    "'input: {text-picture: {}}, output: {text-lines: {}}' | 'dictionary: nothing (expected: a value)'",
    "'input: {picture: {}}, output: {boxes: {decoder: {grid: {}}}}' | 'strides: nothing (expected: a value)'",
    "'input: {picture: {}}, output: {classes: {metrics: [best]}}' | '[best] (expected: some of auc, f1, top-k)'",
    "'input: {picture: {}}, output: {classes: {}}, more: 1' | 'unknown key more (expected: one of input, output)'"
  })
  void refusesWhatItDoesNotKnow(String yaml, String message) {
    String text = yaml.startsWith("input") || yaml.startsWith("output") ? "{" + yaml + "}" : yaml;
    assertThatThrownBy(() -> read(text)).isInstanceOf(SlipwayException.class).hasMessageContaining(message);
  }

  @Test
  void refusesAFileThatIsNotThere() {
    assertThatThrownBy(() -> Processing.read(folder.resolve("none.yaml"))).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("no such file");
  }

  @ParameterizedTest
  @CsvSource({
    "squeezenet_fp32, imagenet_sample_800.zip, images/207_n02099601.jpg",
    "mobilenet_v2_1.0_wq8, imagenet_sample_800.zip, images/207_n02099601.jpg",
    "mobilenet_v1_0.25_224, imagenet_sample_800.zip, images/207_n02099601.jpg",
    "ultraface_rfb_320, faces_18.zip, 1.jpg",
    "retinaface_m025, faces_18.zip, 1.jpg",
    "yolox_nano_coco, coco_val2017_96.zip, images/000000000139.jpg"
  })
  void givesTheGoldenInput(String model, String zip, String picture) throws IOException {
    Path shared = Path.of(System.getProperty("slipway.shared", "../shared"));
    assumeTrue(Files.exists(shared.resolve("data").resolve(zip)), "shared data absent: " + zip);
    Tensor golden = golden(shared.resolve("models").resolve(model + ".testdata.zip"));
    try (Dataset dataset = new PictureFormat().open(DatasetSource.of(shared.resolve("data").resolve(zip)))) {
      Item item = IntStream.range(0, dataset.size())
          .filter(index -> ((PictureDataset) dataset).entries().get(index).file().equals(picture))
          .mapToObj(dataset::item)
          .findFirst()
          .orElseThrow();
      Sample sample = Processing.read(SAMPLES.resolve(model + ".yaml")).input()
          .prepare(item, Map.of("x", golden.type()))
          .getFirst();
      float[] expected = golden.toFloats();
      float[] actual = sample.inputs().get("x").toFloats();
      assertThat(actual).hasSameSizeAs(expected);
      float largest = 0;
      for (int i = 0; i < actual.length; i++) {
        largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
      }
      // Rounding of the normalisation: one unit in the last place of values up to 2.7.
      assertThat(largest).isLessThanOrEqualTo(2.4e-7f);
    }
  }

  private Tensor golden(Path zip) throws IOException {
    try (FileTree tree = FileTree.open(zip)) {
      return OnnxTensors.read(Files.write(folder.resolve("input.pb"), tree.read("test_data_set_0/input_0.pb")));
    }
  }
}
