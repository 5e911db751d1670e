package dev.slipway.conformance;

import dev.slipway.onnx.OnnxTensors;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Inputs of a model by name and the outputs that they must give: a {@code test_data_set_K} of its data. */
record GoldenSet(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {

  /** All data sets of a model of the shared folder. */
  static List<GoldenSet> of(TestModel model) {
    Path file = SharedFiles.file("models/" + model.name() + ".testdata.zip");
    List<GoldenSet> sets = new ArrayList<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      while (zip.getEntry(prefix(sets.size(), "input") + "0.pb") != null) {
        int set = sets.size();
        sets.add(new GoldenSet(read(zip, prefix(set, "input")), read(zip, prefix(set, "output"))));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return sets;
  }

  private static String prefix(int set, String kind) {
    return "test_data_set_" + set + "/" + kind + "_";
  }

  private static Map<String, Tensor> read(ZipFile zip, String prefix) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    ZipEntry entry;
    while ((entry = zip.getEntry(prefix + tensors.size() + ".pb")) != null) {
      try (InputStream in = zip.getInputStream(entry)) {
        byte[] bytes = in.readAllBytes();
        String name = OnnxTensors.name(bytes, entry.getName());
        tensors.put(name, (Tensor) OnnxTensors.read(bytes, entry.getName(), TensorType.of(DType.FLOAT32)));
      }
    }
    return tensors;
  }
}
