package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.graph.GraphParser;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.Tensor;
import dev.slipway.vision.Color;
import dev.slipway.vision.Image;
import dev.slipway.vision.ImageFile;
import dev.slipway.vision.PixelFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code slipway quantize} where it does not end as was hoped for. */
class QuantizeTest {
  /** Tells classes apart by less than a step of its input's scale, so that no ladder saves it. */
  private static final String FINE = """
      graph fine {
        input x: float32[1, 3, 1, 1]
        constant f: float32[1, 3, 1, 1] = {1, 0.01, 1}
        constant w: float32[2, 3, 1, 1] = {0, 0, 0, 0, 1, 0}
        constant b: float32[2] = {0.005, 0}
        s = Mul(x, f)
        r = Relu(s)
        c = Conv(r, w, b) "layer"
        y = Flatten(c)
        output scores = y
      }
      """;

  @TempDir private Path folder;

  @Test
  void aBudgetThatCannotBeMetExitsOneAndWritesTheBest() throws IOException {
    OnnxWriter.write(GraphParser.parse(FINE, Operators::get), folder.resolve("fine.onnx"));
    Files.writeString(folder.resolve("fine.yaml"), "{input: {picture: {}}, output: {classes: {}}}");
    Path pictures = Files.createDirectory(folder.resolve("pictures"));
    StringBuilder labels = new StringBuilder("file,class_index\n");
    for (int i = 0; i < 4; i++) {
      ImageFile.write(Image.filled(1, 1, PixelFormat.RGB, new Color(255, i % 2, 0)), pictures.resolve(i + ".png"));
      labels.append(i + ".png," + i % 2 + "\n");
    }
    Files.writeString(pictures.resolve("labels.csv"), labels);
    CommandRun run = CommandRun.of("quantize", path("fine.onnx"), path("int8.onnx"), "--data", pictures.toString(),
        "--dataset", pictures.toString(), "--accuracy-budget", "10%", "--target", "reference", "--quiet", "--json",
        path("int8.json"));
    assertThat(run.status()).as(run.toString()).isEqualTo(ExitStatus.NO);
    assertThat(run.out())
        .contains("no attempt meets the budget of 0.1000; the best, minmax, loses 0.5000 and was written");
    JsonNode ladder = json("int8.json").get("ladder");
    assertThat(ladder.get("met").asBoolean()).isFalse();
    assertThat(ladder.get("best").get("name").asString()).isEqualTo("minmax");
    assertThat(ladder.get("attempts").size()).isGreaterThan(4);
    assertThat(CommandRun.of("inspect", path("int8.onnx")).out()).contains("QuantizeLinear 1");
  }

  @Test
  void rangesOfTheRunNeedNoData() {
    Fixture.model(folder, "linear");
    CommandRun run = CommandRun.of(
        "quantize", path("linear.onnx"), path("int8.onnx"), "--dynamic", "per-token", "--json", path("int8.json"));
    assertThat(run.status()).as(run.toString()).isZero();
    assertThat(run.out()).contains("with int8 weights, activations by ranges of the run");
    assertThat(json("int8.json").get("layers").size()).isEqualTo(1);
    assertThat(CommandRun.of("inspect", path("int8.onnx")).out()).contains("MatMulInteger 1").contains("ReduceMax 1");
  }

  /** The second sample is a pipe, which gives its numbers once, for their shape, and keeps the command waiting then. */
  @Test
  @Timeout(60)
  void anInterruptedCalibrationLeavesNothing() throws Exception {
    Fixture.model(folder, "linear");
    Path samples = Files.createDirectory(folder.resolve("samples"));
    Fixture.array(samples, "1", Tensor.of(new float[] {1, -2, 3}, 1, 3));
    byte[] second = Files.readAllBytes(Fixture.array(folder, "2", Tensor.of(new float[] {3, 2, 1}, 1, 3)));
    Files.delete(folder.resolve("2.npy"));
    Path pipe = samples.resolve("2.npy");
    assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "no named pipes here");
    Process process = slipway("quantize", path("linear.onnx"), path("int8.onnx"), "--data", samples.toString(),
        "--target", "reference", "--calibration-cache", path("ranges.cache"), "--sensitivity", path("layers.json"));
    try {
      Files.write(pipe, second);
      try (OutputStream _ = Files.newOutputStream(pipe)) {
        process.destroy();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      }
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).isNotZero();
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder("linear.onnx", "samples");
    }
  }

  /** A process of the command on the modules, or else the class path, of this one. */
  private static Process slipway(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(
        List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-modules", "jdk.incubator.vector"));
    Optional<String> modules = Optional.ofNullable(System.getProperty("jdk.module.path"));
    command.addAll(modules.isPresent()
        ? List.of("-p", modules.get(), "-m", "dev.slipway.cli/" + Main.class.getName())
        : List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private JsonNode json(String name) {
    return JsonMapper.builder().build().readTree(folder.resolve(name));
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }
}
