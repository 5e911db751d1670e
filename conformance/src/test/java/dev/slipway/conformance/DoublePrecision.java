package dev.slipway.conformance;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Resize;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Evaluates float32 graphs in float64: what both a result and its golden value round. */
final class DoublePrecision {
  private DoublePrecision() {}

  /** The outputs of the graph, in order. */
  static List<Datum> run(Graph graph, List<Tensor> inputs) {
    return new Interpreter().run(widen(graph), inputs.stream().map(input -> (Datum) widen(input)).toList());
  }

  private static Graph widen(Graph graph) {
    GraphBuilder builder = new GraphBuilder(graph.name());
    Map<ValueId, ValueId> widened = new HashMap<>();
    widened.put(ValueId.ABSENT, ValueId.ABSENT);
    for (ValueId id : graph.inputs()) {
      TensorType type = graph.tensorType(id);
      DType dtype = type.dtype() == DType.FLOAT32 ? DType.FLOAT64 : type.dtype();
      widened.put(id, builder.input(graph.value(id).name(), new TensorType(dtype, type.shape(), type.layout())));
    }
    graph.constants().forEach((id, tensor) ->
        widened.put(id, builder.constant(graph.value(id).name(), widen(tensor))));
    for (Node node : graph.nodes()) {
      List<String> names =
          node.outputs().stream().map(id -> id.isPresent() ? graph.value(id).name() : "").toList();
      List<ValueId> inputs = new ArrayList<>();
      for (int port = 0; port < node.inputs().size(); port++) {
        inputs.add(isScales(node, port) ? scales(builder, graph, node.input(port)) : widened.get(node.input(port)));
      }
      List<ValueId> outputs = builder.add(node.name(), node.op(), inputs, names);
      for (int i = 0; i < outputs.size(); i++) {
        widened.put(node.output(i), outputs.get(i));
      }
    }
    graph.outputs().forEach((name, id) -> builder.output(name, widened.get(id)));
    return builder.build();
  }

  /** The scales of Resize are float32 whatever is resized. */
  private static boolean isScales(Node node, int port) {
    return node.op() instanceof Resize && port > 0 && node.hasInput(port);
  }

  private static ValueId scales(GraphBuilder builder, Graph graph, ValueId id) {
    return builder.constant(graph.value(id).name(), graph.constant(id).orElseThrow());
  }

  private static Tensor widen(Tensor tensor) {
    return tensor.dtype() == DType.FLOAT32 ? Tensor.of(tensor.toDoubles(), tensor.dims()) : tensor;
  }
}
