package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Assumptions;

/** Data outside the checkout; tests skip where they are absent. */
final class BackendTestData {
  private BackendTestData() {}

  /** Unpacks the ONNX backend tests. */
  static void extractTests(Path folder) throws IOException, InterruptedException {
    Path archive = shared("onnx-backend-tests.tar.xz");
    Process tar = new ProcessBuilder("tar", "-xJf", archive.toAbsolutePath().toString(), "-C", folder.toString())
        .inheritIO().start();
    assertThat(tar.waitFor()).as("exit status of tar").isZero();
  }

  /** Unpacks the golden data of a model next to it; the test for both. */
  static ConformanceTest golden(String name, Comparison comparison, Path folder) throws IOException {
    Path model = Files.copy(shared("models/" + name + ".onnx"), folder.resolve("model.onnx"));
    try (ZipFile zip = new ZipFile(shared("models/" + name + ".testdata.zip").toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        if (!entry.isDirectory()) {
          Path file = folder.resolve(entry.getName());
          Files.createDirectories(file.getParent());
          try (InputStream in = zip.getInputStream(entry)) {
            Files.copy(in, file);
          }
        }
      }
    }
    return new ConformanceTest(name, model, Optional.empty(), comparison);
  }

  private static Path shared(String path) {
    Path file = Path.of(System.getProperty("slipway.shared", "../shared"), path);
    Assumptions.assumeTrue(Files.exists(file), "shared data absent: " + file);
    return file;
  }
}
