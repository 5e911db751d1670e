package dev.slipway.cli;

import dev.slipway.quantization.CalibrationData;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.ValueType;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Calibration samples in files: golden data, or a folder of {@code .npy} and {@code .npz} files, one for each sample.
 */
final class TensorSamples {
  private static final int DEPTH = 3;

  private TensorSamples() {}

  /** Whether a path holds such files, rather than a data set. */
  static boolean isAt(Path path) {
    if (isArray(path)) {
      return true;
    }
    if (Files.isDirectory(path)) {
      return holdsTensors(path);
    }
    if (!path.toString().endsWith(".zip") || !Files.exists(path)) {
      return false;
    }
    try (FileSystem zip = GoldenData.zip(path)) {
      return holdsTensors(zip.getPath("/"));
    } catch (IOException e) {
      throw unreadable(path, e, "a zip file");
    }
  }

  private static boolean holdsTensors(Path folder) {
    try (Stream<Path> files = Files.walk(folder, DEPTH)) {
      return files.anyMatch(file -> isArray(file) || file.toString().matches(".*input_\\d+\\.pb"));
    } catch (IOException e) {
      throw unreadable(folder, e, "a folder");
    }
  }

  private static SlipwayException unreadable(Path path, IOException e, String expected) {
    return new SlipwayException(
        "--data " + path + ": cannot be read: " + FileFailure.reason(e) + " (expected: " + expected + ")", e);
  }

  private static boolean isArray(Path file) {
    return file.toString().endsWith(".npy") || file.toString().endsWith(".npz");
  }

  /**
   * The samples at a path.
   *
   * @param inputs the model's
   * @param outputs the model's
   */
  static CalibrationData read(Path path, Map<String, ValueType> inputs, Map<String, ValueType> outputs) {
    List<Path> arrays = arrays(path);
    if (!arrays.isEmpty()) {
      return new Arrays(arrays, inputs);
    }
    GoldenData golden = GoldenData.read(path, inputs, outputs);
    return CalibrationData.of(golden.sets().stream().map(set -> tensors(path, set.inputs())).toList());
  }

  private static List<Path> arrays(Path path) {
    if (!Files.isDirectory(path)) {
      return isArray(path) ? List.of(path) : List.of();
    }
    try (Stream<Path> files = Files.list(path)) {
      return files.filter(TensorSamples::isArray).sorted().toList();
    } catch (IOException e) {
      throw unreadable(path, e, "a folder");
    }
  }

  private static Map<String, Tensor> tensors(Path path, Map<String, Datum> values) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    values.forEach((name, value) -> {
      if (!(value instanceof Tensor tensor)) {
        throw new SlipwayException(
            "--data " + path + ": input " + name + " is " + value.type() + " (expected: a tensor)");
      }
      tensors.put(name, tensor);
    });
    return tensors;
  }

  /** One file for each sample, read when it is needed. */
  private record Arrays(List<Path> files, Map<String, ValueType> inputs) implements CalibrationData {

    @Override
    public OptionalLong count() {
      return OptionalLong.of(files.size());
    }

    @Override
    public String name(long index) {
      return files.get(Math.toIntExact(index)).toString();
    }

    @Override
    public Iterator<Map<String, Tensor>> iterator() {
      return files.stream().map(this::sample).iterator();
    }

    private Map<String, Tensor> sample(Path file) {
      if (file.toString().endsWith(".npz")) {
        return TensorFile.arrays(file);
      }
      if (inputs.size() != 1) {
        throw new SlipwayException(file + ": one array (expected: a .npz file with " + inputs.keySet() + ")");
      }
      String input = inputs.keySet().iterator().next();
      return tensors(file, Map.of(input, TensorFile.read(file, input, inputs.get(input))));
    }
  }
}
