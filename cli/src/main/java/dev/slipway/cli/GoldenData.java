package dev.slipway.cli;

import dev.slipway.onnx.OnnxTensors;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.ProviderNotFoundException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipException;

/** Inputs and the outputs that they must give, in the layout of ONNX's test data. */
record GoldenData(List<Set> sets) {
  private static final Pattern SET = Pattern.compile("test_data_set_(\\d+)/?");
  private static final Pattern VALUE = Pattern.compile("(input|output)_(\\d+)\\.pb");
  private static final int DEPTH = 3;

  /** One {@code test_data_set_K}. */
  record Set(String name, Map<String, Datum> inputs, Map<String, Datum> outputs) {

    /** The shapes of the inputs that are tensors. */
    Map<String, long[]> shapes() {
      return GoldenData.shapes(inputs);
    }
  }

  /** The shapes of those values that are tensors. */
  static Map<String, long[]> shapes(Map<String, ? extends Datum> values) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    values.forEach((name, value) -> {
      if (value instanceof Tensor tensor) {
        shapes.put(name, tensor.dims());
      }
    });
    return shapes;
  }

  /**
   * Reads all data sets of a folder or a zip file.
   *
   * @param inputs the model's, in order
   * @param outputs the model's, in order
   */
  static GoldenData read(Path data, Map<String, ValueType> inputs, Map<String, ValueType> outputs) {
    try {
      if (Files.isDirectory(data)) {
        return readFolder(data, data, inputs, outputs);
      }
      if (!Files.exists(data)) {
        throw new SlipwayException("--data " + data + ": no such folder or file (expected: a folder or a zip file with"
            + " test_data_set_0/input_0.pb)");
      }
      try (FileSystem zip = zip(data)) {
        return readFolder(data, zip.getPath("/"), inputs, outputs);
      }
    } catch (IOException e) {
      throw new SlipwayException("--data " + data + ": cannot be read: " + FileFailure.reason(e)
          + " (expected: a folder or a zip file)", e);
    }
  }

  /** Opens a zip file, whatever its extension. */
  static FileSystem zip(Path file) throws IOException {
    try {
      return FileSystems.newFileSystem(file);
    } catch (ProviderNotFoundException e) {
      throw new ZipException(file + " does not end as one does");
    }
  }

  private static GoldenData readFolder(
      Path data, Path root, Map<String, ValueType> inputs, Map<String, ValueType> outputs) throws IOException {
    List<Set> sets = new ArrayList<>();
    for (Path folder : setFolders(root)) {
      sets.add(new Set(
          folder.getFileName() == null ? "" : folder.getFileName().toString().replace("/", ""),
          values(folder, "input", inputs),
          values(folder, "output", outputs)));
    }
    if (sets.isEmpty()) {
      throw new SlipwayException("--data " + data + ": no data sets (expected: test_data_set_0/input_0.pb and so on)");
    }
    return new GoldenData(sets);
  }

  private static List<Path> setFolders(Path root) throws IOException {
    if (Files.exists(root.resolve("input_0.pb")) || Files.exists(root.resolve("output_0.pb"))) {
      return List.of(root);
    }
    try (Stream<Path> paths = Files.walk(root, DEPTH)) {
      return paths
          .filter(path -> number(SET, path, 1) >= 0 && Files.isDirectory(path))
          .sorted(Comparator.comparingLong(path -> number(SET, path, 1)))
          .toList();
    }
  }

  private static long number(Pattern pattern, Path path, int group) {
    Matcher matcher = pattern.matcher(path.getFileName() == null ? "" : path.getFileName().toString());
    return matcher.matches() ? Long.parseLong(matcher.group(group)) : -1;
  }

  private static Map<String, Datum> values(Path folder, String kind, Map<String, ValueType> types) throws IOException {
    List<String> names = List.copyOf(types.keySet());
    Map<String, Datum> values = new LinkedHashMap<>();
    for (Path file : files(folder, kind)) {
      int position = (int) number(VALUE, file, 2);
      byte[] bytes = Files.readAllBytes(file);
      String name = name(bytes, file, position, names, types);
      values.put(name, OnnxTensors.read(bytes, file.toString(), types.get(name)));
    }
    return values;
  }

  private static List<Path> files(Path folder, String kind) throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths
          .filter(path -> path.getFileName().toString().startsWith(kind) && number(VALUE, path, 2) >= 0)
          .sorted(Comparator.comparingLong(path -> number(VALUE, path, 2)))
          .toList();
    }
  }

  /** The name that the tensor carries where the model knows it, else the one at this position. */
  private static String name(
      byte[] bytes, Path file, int position, List<String> names, Map<String, ValueType> types) {
    boolean beyond = position >= names.size();
    if (beyond || types.get(names.get(position)) instanceof TensorType) {
      String carried = OnnxTensors.name(bytes, file.toString());
      if (types.get(carried) instanceof TensorType) {
        return carried;
      }
    }
    if (beyond) {
      throw new SlipwayException(file + ": of no input or output (expected: one file for each of " + names + ")");
    }
    return names.get(position);
  }
}
