package dev.slipway.onnx;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads ONNX models (IR version 3 and newer, opsets {@value #OLDEST_OPSET} to {@value #NEWEST_OPSET}) into graphs of
 * the newest operators. Weights stay where they are: a graph's constants are views of the mapped file, which stays
 * mapped as long as one of them is reachable. A file must not be changed while a graph of it is in use.
 *
 * <p>Thread-safe. Every model that cannot be read gives a {@link SlipwayException} that names the file, and the node
 * or the byte.
 */
public final class OnnxReader {
  /** The oldest version of ONNX's operators that is read. */
  public static final long OLDEST_OPSET = 1;

  /** The newest version of ONNX's operators that is read. */
  public static final long NEWEST_OPSET = 27;

  private OnnxReader() {}

  /** Reads a model; external data lie in its folder. */
  public static Graph read(Path path) {
    return read(ModelSource.map(path));
  }

  /**
   * Reads a model from memory, which is copied.
   *
   * @param name for messages
   */
  public static Graph read(byte[] bytes, String name) {
    return read(MemorySegment.ofArray(bytes), name);
  }

  /**
   * Reads a model from memory, which must stay alive and unchanged while the graph is in use. Memory of the heap is
   * copied, because kernels read weights by address.
   *
   * @param name for messages
   */
  public static Graph read(MemorySegment bytes, String name) {
    return read(new ModelSource(name, inNativeMemory(bytes), Optional.empty()));
  }

  /**
   * Reads a model from memory with external data in a folder.
   *
   * @param name for messages
   */
  public static Graph read(MemorySegment bytes, String name, Path folder) {
    return read(new ModelSource(name, inNativeMemory(bytes), Optional.of(folder.toAbsolutePath())));
  }

  private static MemorySegment inNativeMemory(MemorySegment bytes) {
    return bytes.isNative() ? bytes : Arena.ofAuto().allocate(bytes.byteSize(), Tensor.ALIGNMENT).copyFrom(bytes);
  }

  private static Graph read(ModelSource source) {
    ModelProto model = ModelProto.read(source);
    try {
      return new GraphImport(model).graph();
    } catch (SlipwayException e) {
      throw new SlipwayException(source.file() + ": " + e.getMessage(), e);
    }
  }
}
