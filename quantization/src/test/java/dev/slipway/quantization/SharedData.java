package dev.slipway.quantization;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxReader;
import java.nio.file.Files;
import java.nio.file.Path;

/** The folder of models and data outside the checkout; tests skip where it is absent. */
final class SharedData {
  private SharedData() {}

  static Path file(String path) {
    Path file = Path.of(System.getProperty("slipway.shared", "../shared"), path);
    assumeTrue(Files.exists(file), "shared data absent: " + path);
    return file;
  }

  static Graph model(String name) {
    return OnnxReader.read(file("models/" + name + ".onnx"));
  }
}
