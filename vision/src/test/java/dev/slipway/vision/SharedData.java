package dev.slipway.vision;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.onnx.OnnxTensors;
import dev.slipway.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The folder of pictures, models and golden values outside the checkout; tests skip where it is absent. */
final class SharedData {

  private SharedData() {}

  static Path file(String path) {
    Path file = Path.of(System.getProperty("slipway.shared", "../shared"), path);
    assumeTrue(Files.exists(file), "shared data absent: " + path);
    return file;
  }

  static Image image(String zip, String entry) throws IOException {
    return ImageFile.decode(entry(zip, entry), entry);
  }

  /** A golden tensor of a model. */
  static Tensor golden(String model, String entry, Path folder) throws IOException {
    Path file = folder.resolve("tensor.pb");
    Files.write(file, entry("models/" + model + ".testdata.zip", "test_data_set_0/" + entry));
    return OnnxTensors.read(file);
  }

  /** The rows of a csv file without its header. */
  static List<String[]> csv(String path) throws IOException {
    return Files.readString(file(path), StandardCharsets.UTF_8).lines().skip(1).map(line -> line.split(",")).toList();
  }

  private static byte[] entry(String zip, String name) throws IOException {
    try (ZipFile file = new ZipFile(file(zip).toFile())) {
      ZipEntry entry = file.getEntry(name);
      try (InputStream in = file.getInputStream(entry)) {
        return in.readAllBytes();
      }
    }
  }
}
