package dev.slipway.graph;

import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks what every graph must keep to. The message of a failure names the node and the value. */
public final class GraphVerifier {
  private GraphVerifier() {}

  /**
   * Checks that names are unique, every value is defined once and before its use, every type is what inference gives,
   * and every output exists; in subgraphs too.
   *
   * @throws InvalidGraphException for the first violation
   */
  public static void verify(Graph graph) {
    verifyStructure(graph);
    graph.nodes().forEach(node -> verifyTypes(graph, node));
  }

  /**
   * The same without inferring types.
   *
   * @throws InvalidGraphException for the first violation
   */
  public static void verifyStructure(Graph graph) {
    verifyNames(graph);
    Set<ValueId> defined = new HashSet<>();
    graph.inputs().forEach(id -> define(graph, "an input", id, defined));
    graph.constants().keySet().forEach(id -> define(graph, "a constant", id, defined));
    for (Node node : graph.nodes()) {
      for (ValueId id : node.inputs()) {
        if (id.isPresent() && !defined.contains(id)) {
          throw new InvalidGraphException(
              "node " + node + " reads " + id + ": not defined (expected: a value that is defined before)");
        }
      }
      node.outputs().stream().filter(ValueId::isPresent).forEach(id -> define(graph, "node " + node, id, defined));
      node.op().subgraphs().forEach(GraphVerifier::verifyStructure);
    }
    graph.outputs().forEach((name, id) -> {
      if (!defined.contains(id)) {
        throw new InvalidGraphException("output " + name + ": " + id + " (expected: a value of the graph)");
      }
    });
    graph.constants().forEach((id, tensor) -> {
      if (!tensor.type().equals(graph.type(id))) {
        throw new InvalidGraphException("constant " + graph.value(id).name() + ": " + tensor.type() + " (expected: "
            + graph.type(id) + ")");
      }
    });
  }

  /**
   * Checks that the types of a node's outputs are compatible with what inference gives for its inputs.
   *
   * @throws InvalidGraphException where they are not
   */
  public static void verifyTypes(Graph graph, Node node) {
    List<TypeInference.Input> inputs = TypeInference.inputs(graph, node.inputs());
    List<ValueType> types = TypeInference.infer(node.name(), node.op(), inputs, node.outputs().size()).types();
    for (int i = 0; i < types.size(); i++) {
      ValueId id = node.output(i);
      if (id.isPresent() && !areCompatible(graph.type(id), types.get(i))) {
        throw new InvalidGraphException("node " + node + ", output " + i + ": " + graph.type(id) + " (expected: "
            + types.get(i) + ", as inferred)");
      }
    }
  }

  /**
   * Checks that what a patch replaces has the type of what takes its place.
   *
   * @throws InvalidGraphException where it has not
   */
  public static void verifyPatch(Graph graph, GraphPatch patch) {
    Map<ValueId, Value> added = new HashMap<>();
    patch.values().forEach(value -> added.put(value.id(), value));
    patch.replaced().forEach((from, to) -> {
      ValueType type = added.containsKey(to) ? added.get(to).type() : graph.type(to);
      if (!areCompatible(graph.type(from), type)) {
        throw new InvalidGraphException("patch (" + patch.reason() + ") gives " + graph.value(from).name() + ": "
            + type + " (expected: " + graph.type(from) + ")");
      }
    });
  }

  /** Whether one value can have both types: element types agree, and so do ranks and sizes where both are known. */
  public static boolean areCompatible(ValueType a, ValueType b) {
    return switch (a) {
      case TensorType left -> b instanceof TensorType right
          && left.dtype() == right.dtype()
          && areCompatible(left.shape(), right.shape());
      case ValueType.SequenceType(ValueType left) ->
          b instanceof ValueType.SequenceType(ValueType right) && areCompatible(left, right);
      case ValueType.OptionalType(ValueType left) ->
          b instanceof ValueType.OptionalType(ValueType right) && areCompatible(left, right);
    };
  }

  private static boolean areCompatible(Shape a, Shape b) {
    if (!a.ranked() || !b.ranked()) {
      return true;
    }
    if (a.rank() != b.rank()) {
      return false;
    }
    for (int i = 0; i < a.rank(); i++) {
      if (a.dim(i) instanceof Dim.Known(long left) && b.dim(i) instanceof Dim.Known(long right) && left != right) {
        return false;
      }
    }
    return true;
  }

  private static void verifyNames(Graph graph) {
    Set<String> nodes = new HashSet<>();
    for (Node node : graph.nodes()) {
      if (!nodes.add(node.name())) {
        throw new InvalidGraphException("node " + node + ": two nodes of this name (expected: unique names)");
      }
    }
    Set<String> values = new HashSet<>();
    for (Value value : graph.values()) {
      if (!values.add(value.name())) {
        throw new InvalidGraphException("value " + value.name() + ": two values of this name (expected: unique names)");
      }
    }
    for (Map.Entry<String, ValueId> output : graph.outputs().entrySet()) {
      if (!output.getValue().isPresent()) {
        throw new InvalidGraphException("output " + output.getKey() + ": absent (expected: a value)");
      }
    }
  }

  private static void define(Graph graph, String where, ValueId id, Set<ValueId> defined) {
    if (!defined.add(id)) {
      throw new InvalidGraphException(
          where + " defines " + graph.value(id).name() + ": defined twice (expected: one definition)");
    }
  }
}
