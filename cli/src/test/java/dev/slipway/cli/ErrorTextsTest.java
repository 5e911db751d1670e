package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each file {@code errors/NAME.txt} holds a command line, its exit status, and the text that it must print, word for
 * word. The folder with models, plans and arrays is written {@code @}.
 */
class ErrorTextsTest {
  @TempDir private static Path folder;

  @BeforeAll
  static void writeFiles() throws IOException {
    Fixture.MODELS.forEach(name -> Fixture.model(folder, name));
    Fixture.array(folder, "ints", Tensor.of(new long[6], 2, 3));
    Fixture.array(folder, "narrow", Tensor.of(new float[4], 2, 2));
    Fixture.array(folder, "pair", Tensor.of(new float[] {1, -2, 3, -4, 5, -6}, 2, 3));
    Fixture.array(folder, "nine", Tensor.of(new float[27], 9, 3));
    Fixture.array(folder, "nan", Tensor.of(new float[] {1, Float.NaN, 2}, 1, 3));
    Fixture.array(folder, "infinite", Tensor.of(new float[] {1, Float.POSITIVE_INFINITY, 2}, 1, 3));
    Fixture.array(folder, "empty", Tensor.of(new float[0], 0, 3));
    Fixture.array(folder, "zeros", Tensor.of(new float[3], 1, 3));
    Fixture.array(folder, "row", Tensor.of(new float[] {1, -2, 3}, 1, 3));
    Files.writeString(folder.resolve("text.npy"), "no array");
    Files.createDirectory(folder.resolve("folder"));
    Files.writeString(folder.resolve("picture.yaml"), "{input: {picture: {}}, output: {classes: {}}}");
    Fixture.picture(folder.resolve("unlabelled/1.png"));
    Files.createDirectory(folder.resolve("broken"));
    Files.writeString(folder.resolve("broken/1.png"), "no picture");
    writePlans();
    writeQuantized();
  }

  private static void writeQuantized() {
    CommandRun done = CommandRun.of("quantize", folder.resolve("linear.onnx").toString(),
        folder.resolve("int8.onnx").toString(), "--data", folder.resolve("row.npy").toString(), "--target", "reference",
        "--quiet");
    assertThat(done.status()).as(done.toString()).isZero();
  }

  private static void writePlans() throws IOException {
    Path plan = folder.resolve("linear.plan");
    CommandRun built = CommandRun.of("build", folder.resolve("linear.onnx").toString(), "-o", plan.toString(),
        "--target", "reference", "--min-shapes", "x:1x3", "--max-shapes", "x:4x3", "--quiet");
    assertThat(built.status()).as(built.toString()).isZero();
    byte[] bytes = Files.readAllBytes(plan);
    Files.write(folder.resolve("cut-off.plan"), Arrays.copyOf(bytes, bytes.length / 2));
    byte[] flipped = bytes.clone();
    flipped[bytes.length - 64] ^= 1;
    Files.write(folder.resolve("flipped.plan"), flipped);
    byte[] other = bytes.clone();
    other[11] = 77;
    Files.write(folder.resolve("other-version.plan"), other);
  }

  static List<String> cases() throws IOException {
    try (InputStream in = ErrorTextsTest.class.getResourceAsStream("errors/cases.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void givesTheExpectedText(String name) throws IOException {
    List<String> lines = lines(name);
    CommandRun run = CommandRun.of(Stream.of(lines.getFirst().substring("slipway ".length()).split(" "))
        .map(argument -> argument.replace("@", folder.toString()))
        .toArray(String[]::new));
    assertThat(run.err().replace(folder.toString(), "@").strip()).isEqualTo(lines.get(2));
    assertThat(run.status()).isEqualTo(Integer.parseInt(lines.get(1)));
    assertThat(run.out()).isEmpty();
  }

  private static List<String> lines(String name) throws IOException {
    try (InputStream in = ErrorTextsTest.class.getResourceAsStream("errors/" + name + ".txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }
}
