package dev.slipway.cli;

import dev.slipway.tensor.Tensor;
import dev.slipway.vision.Image;
import dev.slipway.vision.ImageFile;
import dev.slipway.vision.PixelFormat;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Files that the tests of commands work on. */
final class Fixture {
  static final List<String> MODELS = List.of(
      "relu", "linear", "picture", "redundant", "no-model", "empty", "cut-off", "unknown-operator", "unknown-attribute",
      "missing-input", "wrong-type", "cycle", "value-twice", "dimension-overflow", "short-data", "external-missing",
      "external-outside");

  private Fixture() {}

  /** Copies a model of the resources. */
  static Path model(Path folder, String name) {
    Path file = folder.resolve(name + ".onnx");
    try (InputStream in = Fixture.class.getResourceAsStream("models/" + name + ".onnx")) {
      Files.write(file, in.readAllBytes());
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes an array as numpy.save does. */
  static Path array(Path folder, String name, Tensor tensor) {
    Path file = folder.resolve(name + ".npy");
    TensorFile.write(tensor, file);
    return file;
  }

  /** Writes a picture of one pixel. */
  static void picture(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    ImageFile.write(Image.allocate(1, 1, PixelFormat.RGB), file);
  }

  /** Golden data of {@code relu.onnx} as a folder; the output is off by so much. */
  static Path reluData(Path folder, float off) throws IOException {
    Path set = Files.createDirectories(folder.resolve("test_data_set_0"));
    Files.write(set.resolve("input_0.pb"), tensorProto(-1, 2, -3, 4, 0, 6));
    Files.write(set.resolve("output_0.pb"), tensorProto(0, 2, 0, 4, 0, 6 + off));
    return folder;
  }

  /** The same as a zip file. */
  static Path reluZip(Path folder) throws IOException {
    Path zip = folder.resolve("data.zip");
    try (FileSystem system = FileSystems.newFileSystem(URI.create("jar:" + zip.toUri()), Map.of("create", "true"))) {
      reluData(system.getPath("/"), 0);
    }
    return zip;
  }

  /** float32 of 2 x 3 as a message. */
  private static byte[] tensorProto(float... values) {
    byte[] head = {8, 2, 8, 3, 16, 1, 0x4a, (byte) (4 * values.length)};
    byte[] message = java.util.Arrays.copyOf(head, head.length + 4 * values.length);
    java.nio.ByteBuffer.wrap(message, head.length, 4 * values.length)
        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .put(values);
    return message;
  }
}
