package dev.slipway.cli;

import dev.slipway.onnx.OnnxTensors;
import dev.slipway.tensor.AtomicFile;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.ValueType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Files that hold tensors: {@code .npy}, {@code .npz}, and ONNX's {@code .pb}. */
final class TensorFile {
  private TensorFile() {}

  /**
   * Reads the value of an input or output.
   *
   * @param name which of the arrays of an {@code .npz} file with several
   * @param type what a {@code .pb} file holds
   */
  static Datum read(Path file, String name, ValueType type) {
    String path = file.toString();
    byte[] bytes = bytes(file);
    if (path.endsWith(".npy")) {
      return NpyFile.read(bytes, path);
    }
    if (path.endsWith(".pb")) {
      return OnnxTensors.read(bytes, path, type);
    }
    if (!path.endsWith(".npz")) {
      throw new SlipwayException(file + ": kind of file (expected: .npy, .npz or .pb)");
    }
    Map<String, Tensor> arrays = arrays(bytes, path);
    if (arrays.size() == 1) {
      return arrays.values().iterator().next();
    }
    Tensor tensor = arrays.get(name);
    if (tensor == null) {
      throw new SlipwayException(file + ": no array " + name + " (expected: one of " + arrays.keySet() + ")");
    }
    return tensor;
  }

  /** The arrays of an {@code .npz} file by name. */
  static Map<String, Tensor> arrays(Path file) {
    return arrays(bytes(file), file.toString());
  }

  private static Map<String, Tensor> arrays(byte[] bytes, String file) {
    Map<String, Tensor> arrays = new LinkedHashMap<>();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bytes))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        String name = entry.getName();
        if (name.endsWith(".npy")) {
          arrays.put(name.substring(0, name.length() - 4), NpyFile.read(zip.readAllBytes(), file + "!" + name));
        }
      }
    } catch (IOException e) {
      throw new SlipwayException(
          file + ": cannot be read: " + FileFailure.reason(e) + " (expected: a file of numpy.savez)", e);
    }
    if (arrays.isEmpty()) {
      throw new SlipwayException(file + ": no arrays (expected: a file of numpy.savez)");
    }
    return arrays;
  }

  /** Writes a tensor as {@code .npy}. */
  static void write(Tensor tensor, Path file) {
    try {
      AtomicFile.write(file, NpyFile.bytes(tensor));
    } catch (IOException e) {
      throw new SlipwayException(
          file + ": cannot be written: " + FileFailure.reason(e) + " (expected: a folder with room)", e);
    }
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new SlipwayException(file + ": no such file (expected: a .npy, .npz or .pb file)", e);
    } catch (IOException e) {
      throw new SlipwayException(file + ": cannot be read: " + FileFailure.reason(e), e);
    }
  }
}
