package dev.slipway.onnx;

import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A graph as the file has it.
 *
 * @param free names that the nodes read and the graph does not define, in the order of their first use
 */
record GraphProto(
    String name,
    String description,
    List<ValueInfoProto> inputs,
    List<ValueInfoProto> outputs,
    Map<String, Tensor> initializers,
    List<NodeProto> nodes,
    Set<String> free) {

  static GraphProto read(WireReader in) {
    String name = "";
    String description = "";
    List<ValueInfoProto> inputs = new ArrayList<>();
    List<ValueInfoProto> outputs = new ArrayList<>();
    Map<String, Tensor> initializers = new LinkedHashMap<>();
    List<NodeProto> nodes = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> nodes.add(NodeProto.read(in.message()));
        case 2 -> name = in.string();
        case 5 -> {
          TensorProto tensor = TensorProto.read(in.message());
          addInitializer(in, initializers, tensor.name(), tensor.tensor());
        }
        case 10 -> description = in.string();
        case 11 -> inputs.add(ValueInfoProto.read(in.message()));
        case 12 -> outputs.add(ValueInfoProto.read(in.message()));
        case 15 -> {
          SparseTensorProto tensor = SparseTensorProto.read(in.message());
          addInitializer(in, initializers, tensor.name(), tensor.tensor());
        }
        default -> in.skip();
      }
    }
    Set<String> free = free(inputs, outputs, initializers, nodes);
    return new GraphProto(name, description, inputs, outputs, initializers, nodes, free);
  }

  private static void addInitializer(WireReader in, Map<String, Tensor> initializers, String name, Tensor tensor) {
    if (name.isEmpty()) {
      throw in.corrupt("initializer: without a name (expected: a name)");
    }
    if (initializers.put(name, tensor) != null) {
      throw in.corrupt("initializer " + name + ": defined twice (expected: one definition)");
    }
  }

  private static Set<String> free(
      List<ValueInfoProto> inputs, List<ValueInfoProto> outputs, Map<String, Tensor> initializers,
      List<NodeProto> nodes) {
    Set<String> defined = new HashSet<>(initializers.keySet());
    inputs.forEach(input -> defined.add(input.name()));
    nodes.forEach(node -> defined.addAll(node.outputs()));
    Set<String> free = new LinkedHashSet<>();
    nodes.forEach(node -> free.addAll(node.reads()));
    outputs.forEach(output -> free.add(output.name()));
    free.removeAll(defined);
    free.remove("");
    return free;
  }
}
