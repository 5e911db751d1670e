package dev.slipway.onnx;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.AtomicFile;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Writes graphs as ONNX models of the lowest opset and IR version that their operators allow. A file appears whole or
 * not at all, so that a model may be written over the file it was read from. Thread-safe.
 */
public final class OnnxWriter {
  /** Protobuf ends at 2 GiB; what is left is room for nodes. */
  private static final long LARGEST_FILE = Integer.MAX_VALUE - (64L << 20);

  /** Tensors that stay in the model where the others go to a file of their own. */
  private static final long SMALL_TENSOR = 1024;

  private OnnxWriter() {}

  /** Writes a model; its weights go to {@code PATH.data} where they are too large for one file. */
  public static void write(Graph graph, Path path) {
    write(graph, path, LARGEST_FILE);
  }

  /** Writes a model; its weights go to {@code PATH.data} where they are more than so many bytes. */
  public static void write(Graph graph, Path path, long largestWeights) {
    long weights = graph.constants().values().stream().mapToLong(tensor -> tensor.type().bytes()).sum();
    ExternalData external = weights > largestWeights
        ? ExternalData.in(path.getFileName() + ".data", SMALL_TENSOR)
        : ExternalData.none();
    WireWriter model = new GraphExport(external).model(graph);
    if (!external.parts().isEmpty()) {
      replace(path.resolveSibling(external.location()), external::writeTo);
    }
    replace(path, model::writeTo);
  }

  /**
   * The model as bytes.
   *
   * @throws SlipwayException where it has 2 GiB or more
   */
  public static byte[] bytes(Graph graph) {
    WireWriter model = new GraphExport(ExternalData.none()).model(graph);
    if (model.size() > Integer.MAX_VALUE - 8) {
      throw new SlipwayException(
          "model " + graph.name() + ": " + model.size() + " bytes (expected: less than 2^31; write it to a file)");
    }
    return model.toByteArray();
  }

  static void replace(Path path, AtomicFile.Content content) {
    try {
      AtomicFile.write(path, content);
    } catch (IOException e) {
      throw new SlipwayException(
          path + ": cannot be written: " + FileFailure.reason(e) + " (expected: an existing folder with room)", e);
    }
  }
}
