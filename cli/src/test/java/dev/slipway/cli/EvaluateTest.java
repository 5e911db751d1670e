package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.vision.Color;
import dev.slipway.vision.Image;
import dev.slipway.vision.ImageFile;
import dev.slipway.vision.PixelFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** A model that gives its input: a picture of one pixel is classified by its brightest channel. */
class EvaluateTest {
  private static final Path SAMPLES = Stream.of(Path.of("../samples/evaluation"), Path.of("samples/evaluation"))
      .filter(Files::exists)
      .findFirst()
      .orElseThrow();

  @TempDir private static Path folder;

  @BeforeAll
  static void writeFiles() throws IOException {
    Fixture.model(folder, "picture");
    Files.writeString(folder.resolve("picture.yaml"), """
        input: {picture: {format: rgb, steps: [{resize: {size: 1}}]}}
        output: {classes: {}}
        """);
    Path data = folder.resolve("data");
    pixel(data.resolve("0red/a.png"), new Color(200, 10, 20));
    pixel(data.resolve("0red/b.png"), new Color(90, 10, 20));
    pixel(data.resolve("1green/c.png"), new Color(90, 100, 20));
    pixel(data.resolve("2blue/d.png"), new Color(90, 100, 20));
    pixel(data.resolve("2blue/e.png"), new Color(90, 100, 120));
  }

  private static void pixel(Path file, Color color) throws IOException {
    Files.createDirectories(file.getParent());
    ImageFile.write(Image.filled(1, 1, PixelFormat.RGB, color), file);
  }

  private static CommandRun evaluate(String... arguments) {
    List<String> all = new ArrayList<>(List.of("evaluate", folder.resolve("picture.onnx").toString(), "--dataset",
        folder.resolve("data").toString(), "--target", "reference", "--quiet"));
    all.addAll(List.of(arguments));
    return CommandRun.of(all.toArray(String[]::new));
  }

  @Test
  void printsMetricsLatencyAndDigest() {
    CommandRun run = evaluate();
    assertThat(run.status()).as(run.toString()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .containsPattern("\nsha-256  [0-9a-f]{64}\n")
        .contains(", 5 samples in ")
        .containsPattern("\nlatency  mean .* ms, median .* ms for each sample\n")
        .endsWith("metric   value\ntop1    0.8000\ntop5    1.0000\n");
  }

  @Test
  void writesJson() {
    JsonNode json = evaluate("--json", "-").json();
    assertThat(json.get("metrics").get("top1").asDouble()).isEqualTo(0.8);
    assertThat(json.get("samples").asInt()).isEqualTo(5);
    assertThat(json.get("passed").asBoolean()).isTrue();
    assertThat(json.get("latencyMs").get("median").asDouble()).isPositive();
    assertThat(json.get("sha256").asString()).hasSize(64);
  }

  @Test
  void failsUnderAMinimum() {
    assertThat(evaluate("--min-accuracy", "80%").status()).isZero();
    CommandRun missed = evaluate("--min-accuracy", "0.8", "--min-accuracy", "top1=0.81");
    assertThat(missed.status()).isEqualTo(ExitStatus.NO);
    assertThat(missed.out()).endsWith("top1 is 0.8000 (expected: at least 0.8100)\n");
    assertThat(evaluate("--min-accuracy", "AP=0.1").err())
        .isEqualTo("slipway: --min-accuracy: AP (expected: one of [top1, top5])\n");
  }

  @ParameterizedTest
  @CsvSource({"--batch 3, 5, 0.8", "--workers 0, 5, 0.8", "--samples 2, 2, 1", "--select every:3, 2, 0.5",
      "--exclude every:3, 3, 1", "--select class:2 --exclude every:4, 2, 0.5"})
  void takesPartsAndBatches(String options, int samples, double top1) {
    List<String> arguments = new ArrayList<>(List.of(options.split(" ")));
    arguments.addAll(List.of("--json", "-"));
    JsonNode json = evaluate(arguments.toArray(String[]::new)).json();
    assertThat(json.get("samples").asInt()).isEqualTo(samples);
    assertThat(json.get("metrics").get("top1").asDouble()).isEqualTo(top1);
  }

  /** The figures of docs/evaluation.md. The tolerance is half of their last digit. */
  @Tag("slow")
  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "squeezenet_fp32, imagenet_sample_800.zip, '', top1 0.600 top5 0.824",
    "mobilenet_v1_0.25_224, imagenet_sample_800.zip, '', top1 0.573 top5 0.820",
    "mobilenet_v2_1.0_wq8, imagenet_sample_800.zip, '', top1 0.809 top5 0.953",
    "resnet8_cifar10, cifar10_test2000.bin.gz, '', top1 0.764",
    "mnist_cntk, mnist-t10k-images-idx3-ubyte.gz, '', top1 0.989",
    "yolox_nano_coco, coco_val2017_96.zip, '', AP 0.371 AP50 0.538",
    "ultraface_rfb_320, faces_18.zip, "
        + "faces_18.ultraface_rfb_320-reference.csv, iou 0.996 found 1.000 extra 0.000"
  })
  void givesTheKnownFigures(String model, String dataset, String labels, String figures) {
    List<String> arguments = new ArrayList<>(List.of("--preprocessing", SAMPLES.resolve(model + ".yaml").toString()));
    if (!labels.isEmpty()) {
      arguments.addAll(List.of("--labels", shared("data/" + labels)));
    }
    JsonNode metrics = metrics(model, dataset, arguments);
    String[] words = figures.split(" ");
    for (int i = 0; i < words.length; i += 2) {
      assertThat(metrics.get(words[i]).asDouble()).as(words[i])
          .isCloseTo(Double.parseDouble(words[i + 1]), within(0.0005 + 1e-9));
    }
  }

  /**
   * The reference has detections from a score of 0.25, in tenths of pixels, of pictures that another library decoded: so
   * somewhat lower scores serve too. Two of its 518 boxes overlap a better one by nearly as much as the suppression
   * allows, and here by a little more: with {@code max-iou: 0.75} all are found.
   */
  @Tag("slow")
  @Test
  void findsTheObjectsOfTheReference() throws IOException {
    String yaml = Files.readString(SAMPLES.resolve("yolox_nano_coco.yaml"))
        .replace("min-score: 0.01", "min-score: 0.2\n    metrics: [iou]");
    Path processing = Files.writeString(folder.resolve("reference.yaml"), yaml);
    JsonNode metrics = metrics("yolox_nano_coco", "coco_val2017_96.zip", List.of(
        "--preprocessing", processing.toString(), "--labels", shared("data/coco_val2017_96.yolox_nano-reference.csv")));
    assertThat(metrics.get("iou").asDouble()).isGreaterThan(0.99);
    assertThat(metrics.get("found").asDouble()).isGreaterThanOrEqualTo(516.0 / 518);
  }

  private static JsonNode metrics(String model, String dataset, List<String> more) {
    List<String> arguments = new ArrayList<>(List.of("evaluate", shared("models/" + model + ".onnx"),
        "--dataset", shared("data/" + dataset), "--tuning", "off", "--quiet", "--json", "-"));
    arguments.addAll(more);
    CommandRun run = CommandRun.of(arguments.toArray(String[]::new));
    assertThat(run.status()).as(run.toString()).isZero();
    return run.json().get("metrics");
  }

  private static String shared(String path) {
    Path file = Path.of(System.getProperty("slipway.shared", "../shared"), path);
    assumeTrue(Files.exists(file), "shared data absent: " + path);
    return file.toString();
  }
}
