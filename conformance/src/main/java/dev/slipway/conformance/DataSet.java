package dev.slipway.conformance;

import dev.slipway.graph.Graph;
import dev.slipway.graph.ValueId;
import dev.slipway.onnx.OnnxTensors;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Inputs of a model and the outputs that they must give. */
record DataSet(List<Datum> inputs, List<Datum> outputs) {

  /** Reads {@code input_J.pb} and {@code output_J.pb} of a folder. */
  static DataSet read(Path folder, Graph graph) {
    return new DataSet(
        read(folder, "input_", graph, graph.inputs()), read(folder, "output_", graph, graph.outputs().values()));
  }

  private static List<Datum> read(Path folder, String prefix, Graph graph, Collection<ValueId> ids) {
    List<Datum> values = new ArrayList<>();
    for (ValueId id : ids) {
      Path file = folder.resolve(prefix + values.size() + ".pb");
      if (!Files.exists(file)) {
        throw new SlipwayException(file + ": missing (expected: one file for each of " + ids.size() + " values)");
      }
      values.add(OnnxTensors.read(file, graph.type(id)));
    }
    return values;
  }

  /** The ramp 0, 1/n, 2/n, … that ONNX's runner feeds to the models without weights, and their recorded output. */
  static DataSet ramp(Graph graph, Path output) {
    List<Datum> inputs = new ArrayList<>();
    for (ValueId id : graph.inputs()) {
      inputs.add(ramp(graph.tensorType(id)));
    }
    return new DataSet(inputs, List.of(OnnxTensors.read(output)));
  }

  private static Tensor ramp(TensorType declared) {
    TensorType type = declared.withShape(declared.shape().map(
        dim -> dim.known().isPresent() ? dim : Dim.ONE));
    Tensor tensor = Tensor.allocate(type);
    long count = tensor.elementCount();
    for (long i = 0; i < count; i++) {
      tensor.setDouble(i, (double) i / count);
    }
    return tensor;
  }
}
