package dev.slipway.analysis;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Reorder;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The reference evaluation of a graph in which each result may be looked at and replaced before it is read. All values
 * are contiguous: layouts that a backend chose are passed over.
 */
final class ReferenceRun {

  /** Told of each result. */
  @FunctionalInterface
  interface Visitor {
    /** Gives what the readers of the result get: the result itself, or another value of its shape. */
    Datum computed(Node node, ValueId id, Datum result);
  }

  private final Graph graph;
  private final Interpreter interpreter = new Interpreter();

  ReferenceRun(Graph graph) {
    this.graph = graph;
  }

  /** Evaluates node by node; values that nobody reads any more are let go. */
  void run(Map<String, Tensor> inputs, Visitor visitor) {
    Map<ValueId, Datum> values = new HashMap<>(graph.constants());
    for (ValueId id : graph.inputs()) {
      String name = graph.value(id).name();
      if (!inputs.containsKey(name)) {
        throw new SlipwayException("input " + name + ": missing (expected: " + graph.type(id) + ")");
      }
      values.put(id, inputs.get(name));
    }
    Map<ValueId, Integer> readers = new HashMap<>();
    graph.nodes().forEach(node -> node.inputs().forEach(id -> readers.merge(id, 1, Integer::sum)));
    for (Node node : graph.nodes()) {
      List<Optional<Datum>> results = evaluate(node, values);
      for (int i = 0; i < results.size(); i++) {
        ValueId id = node.output(i);
        results.get(i).ifPresent(result -> values.put(id, visitor.computed(node, id, result)));
      }
      for (ValueId id : node.inputs()) {
        if (readers.merge(id, -1, Integer::sum) == 0) {
          values.remove(id);
        }
      }
    }
  }

  private List<Optional<Datum>> evaluate(Node node, Map<ValueId, Datum> values) {
    if (node.op() instanceof Reorder) {
      return List.of(Optional.of(values.get(node.input(0))));
    }
    List<Optional<Datum>> arguments = new ArrayList<>(node.inputs().size());
    for (ValueId id : node.inputs()) {
      arguments.add(Optional.ofNullable(values.get(id)));
    }
    List<Boolean> wanted = node.outputs().stream().map(ValueId::isPresent).toList();
    return interpreter.evaluate(node.name(), node.op(), arguments, wanted);
  }
}
