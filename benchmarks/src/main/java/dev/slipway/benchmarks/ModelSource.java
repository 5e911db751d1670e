package dev.slipway.benchmarks;

import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Where the graph of a workload comes from. */
sealed interface ModelSource {

  /** An ONNX file of this name in one of the folders that the benchmark was given. */
  record InFile(String name) implements ModelSource {}

  /** A network defined by hand. */
  record Defined(Supplier<Graph> graph) implements ModelSource {}

  /** Of a model of floats what {@link QuantizedModels} makes of it, or has made: the file of this name in a folder. */
  record Quantized(Workload floats) implements ModelSource {
    String fileName() {
      return "int8-" + floats.name().replaceAll("[^A-Za-z0-9.]+", "-") + ".onnx";
    }
  }

  /** The file, where there is one. */
  default Optional<Path> file(List<Path> folders) {
    return switch (this) {
      case Defined _, Quantized _ -> Optional.empty();
      case InFile file -> find(file.name, folders);
    };
  }

  private static Optional<Path> find(String name, List<Path> folders) {
    return folders.stream().map(folder -> folder.resolve(name)).filter(Files::exists).findFirst();
  }

  /** The graph, or empty where none of the folders has its file. */
  default Optional<Graph> graph(List<Path> folders) {
    return switch (this) {
      case Defined defined -> Optional.of(defined.graph.get());
      case InFile file -> file.file(folders).map(OnnxReader::read);
      case Quantized quantized -> find(quantized.fileName(), folders)
          .map(OnnxReader::read)
          .or(() -> QuantizedModels.quantize(quantized.floats(), folders));
    };
  }
}
