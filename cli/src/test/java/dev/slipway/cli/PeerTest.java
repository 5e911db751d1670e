package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** ONNX Runtime out of its jar, which the build has where benchmarks were compiled. */
class PeerTest {
  private static final Path REPOSITORY =
      Path.of(System.getProperty("user.home"), ".m2/repository/com/microsoft/onnxruntime/onnxruntime");

  @TempDir private Path folder;

  private static Optional<Path> jar() throws IOException {
    if (!Files.isDirectory(REPOSITORY)) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.walk(REPOSITORY)) {
      return files.filter(file -> file.getFileName().toString().matches("onnxruntime-[\\d.]+\\.jar")).findFirst();
    }
  }

  @Test
  void runsTheSameModel() throws IOException {
    Optional<Path> jar = jar();
    assumeTrue(jar.isPresent(), "no jar of ONNX Runtime in " + REPOSITORY);
    CommandRun run = CommandRun.of("bench", Fixture.model(folder, "linear").toString(), "--against", "onnxruntime",
        "--peer-jar", jar.get().toString(), "--batch", "2", "--threads", "1", "--duration", "0.1", "--warm-up", "1",
        "--target", "reference", "--quiet", "--json", "-");
    assertThat(run.status()).as(run.toString()).isZero();
    JsonNode json = run.json();
    assertThat(json.get("against").asString()).startsWith("onnxruntime 1.");
    assertThat(json.get("ratio").get("value").asDouble()).isPositive();
  }
}
