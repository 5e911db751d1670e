package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes quantisation into a graph. */
final class QuantizedGraph {
  private final QuantizationPlan plan;
  private final QuantizationParameters parameters;
  private final QuantizedForm form;
  private final Graph graph;
  private final GraphBuilder builder;

  /** What stands for a value of the float graph. */
  private final Map<ValueId, ValueId> floats = new HashMap<>();

  /** What stands for a value where it is read. */
  private final Map<ValueId, ValueId> read = new HashMap<>();

  private final Map<String, Layer> layers = new HashMap<>();

  private QuantizedGraph(QuantizationPlan plan, QuantizationParameters parameters, QuantizedForm form) {
    this.plan = plan;
    this.parameters = parameters;
    this.form = form;
    this.graph = plan.graph();
    this.builder = new GraphBuilder(graph.name());
    plan.layers().forEach(layer -> layers.put(layer.name(), layer));
  }

  /** The graph with QuantizeLinear and DequantizeLinear. */
  static Graph qdq(QuantizationPlan plan, QuantizationParameters parameters) {
    return new QuantizedGraph(plan, parameters, new QdqForm(DType.INT8)).build();
  }

  /** As {@link #qdq}, the weights being bits of float8. */
  static Graph float8(QuantizationPlan plan, QuantizationParameters parameters) {
    return new QuantizedGraph(plan, parameters, new QdqForm(DType.FLOAT8E4M3FN)).build();
  }

  /** A float graph that computes the same as {@link #qdq}; values keep their names before quantisation. */
  static Graph simulated(QuantizationPlan plan, QuantizationParameters parameters) {
    return new QuantizedGraph(plan, parameters, new SimulatedForm()).build();
  }

  private Graph build() {
    graph.metadata().forEach(builder::metadata);
    put(ValueId.ABSENT, ValueId.ABSENT);
    for (ValueId id : graph.inputs()) {
      put(id, builder.input(graph.value(id).name(), graph.type(id)));
    }
    graph.constants().forEach((id, tensor) -> put(id, builder.constant(graph.value(id).name(), tensor)));
    for (Node node : graph.nodes()) {
      add(node);
    }
    graph.outputs().forEach((name, id) -> builder.output(name, floats.get(id)));
    return builder.build().withoutDeadCode();
  }

  private void add(Node node) {
    List<String> names =
        node.outputs().stream().map(id -> id.isPresent() ? graph.value(id).name() : "").toList();
    List<ValueId> made = builder.add(node.name(), node.op(), inputs(node), names);
    for (int i = 0; i < made.size(); i++) {
      if (node.output(i).isPresent()) {
        put(node.output(i), made.get(i));
      }
    }
  }

  private void put(ValueId id, ValueId made) {
    floats.put(id, made);
    QuantParams params = plan.values().contains(id) ? parameters.values().get(id) : null;
    read.put(id, params == null ? made : form.activation(builder, made, graph.value(id).name(), params));
  }

  private List<ValueId> inputs(Node node) {
    Layer layer = layers.get(node.name());
    Map<ValueId, ValueId> values = layer != null || form.isReadByAll() ? read : floats;
    List<ValueId> inputs = new ArrayList<>(node.inputs().stream().map(values::get).toList());
    if (layer == null) {
      return inputs;
    }
    setWeights(inputs, builder, graph, layer, parameters, form);
    return inputs;
  }

  /** Replaces the weights and the bias among the inputs of a layer. */
  static void setWeights(
      List<ValueId> inputs,
      GraphBuilder builder,
      Graph graph,
      Layer layer,
      QuantizationParameters parameters,
      QuantizedForm form) {
    LayerParameters own = parameters.layers().get(layer.name());
    inputs.set(layer.weightPort(), form.weights(builder, graph, layer, own));
    if (own.bias().length == 0) {
      return;
    }
    while (inputs.size() <= layer.biasPort()) {
      inputs.add(ValueId.ABSENT);
    }
    float inputScale = parameters.values().get(layer.input()).scale();
    inputs.set(layer.biasPort(), form.bias(builder, layer, own, inputScale));
  }
}
