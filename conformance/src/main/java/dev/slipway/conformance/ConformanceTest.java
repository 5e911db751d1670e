package dev.slipway.conformance;

import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxReader;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One test of the ONNX backend suite: a model and its data.
 *
 * @param name folder and test, {@code node/test_add}
 */
record ConformanceTest(String name, Path model, Optional<Path> rampOutput, Comparison comparison) {
  private static final List<String> FOLDERS = List.of("node", "simple", "pytorch-converted", "pytorch-operator");

  /** The tests under {@code onnx/backend/test/data}, or under a folder that contains it. */
  static List<ConformanceTest> list(Path data) {
    Path root = Files.isDirectory(data.resolve("node")) ? data : data.resolve("onnx/backend/test/data");
    if (!Files.isDirectory(root.resolve("node"))) {
      throw new SlipwayException("data: " + data + " (expected: the folder onnx/backend/test/data of ONNX's sources)");
    }
    List<ConformanceTest> tests = new ArrayList<>();
    for (String folder : FOLDERS) {
      for (Path test : sorted(root.resolve(folder))) {
        if (Files.exists(test.resolve("model.onnx"))) {
          tests.add(new ConformanceTest(
              folder + "/" + test.getFileName(), test.resolve("model.onnx"), Optional.empty(), Comparison.DEFAULT));
        }
      }
    }
    for (Path model : sorted(root.resolve("light"))) {
      String file = model.getFileName().toString();
      if (file.endsWith(".onnx")) {
        String stem = file.substring(0, file.length() - ".onnx".length());
        Path output = model.resolveSibling(stem + "_output_0.pb");
        tests.add(new ConformanceTest("light/" + stem, model, Optional.of(output), Comparison.DEFAULT));
      }
    }
    return tests;
  }

  /** Runs every data set; what went wrong, or empty where nothing did. */
  Optional<String> failure(Execution execution) {
    try {
      Graph graph = OnnxReader.read(model);
      for (DataSet data : dataSets(graph)) {
        Optional<String> difference = comparison.difference(execution.run(graph, data.inputs()), data.outputs());
        if (difference.isPresent()) {
          return difference;
        }
      }
      return Optional.empty();
    } catch (SlipwayException e) {
      return Optional.of(String.valueOf(e.getMessage()).replace(model.toString(), model.getFileName().toString()));
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      StackTraceElement[] trace = e.getStackTrace();
      return Optional.of("uncaught " + e + (trace.length == 0 ? "" : " at " + trace[0]));
    }
  }

  private List<DataSet> dataSets(Graph graph) {
    if (rampOutput.isPresent()) {
      return List.of(DataSet.ramp(graph, rampOutput.get()));
    }
    List<DataSet> sets = new ArrayList<>();
    for (Path folder : sorted(model.getParent())) {
      if (folder.getFileName().toString().startsWith("test_data_set_")) {
        sets.add(DataSet.read(folder, graph));
      }
    }
    if (sets.isEmpty()) {
      throw new SlipwayException(model.getParent() + ": no test_data_set_0 (expected: at least one data set)");
    }
    return sets;
  }

  private static List<Path> sorted(Path folder) {
    List<Path> entries = new ArrayList<>();
    if (!Files.isDirectory(folder)) {
      return entries;
    }
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
      stream.forEach(entries::add);
    } catch (IOException e) {
      throw new SlipwayException(folder + ": cannot be read: " + FileFailure.reason(e), e);
    }
    entries.sort(null);
    return entries;
  }
}
