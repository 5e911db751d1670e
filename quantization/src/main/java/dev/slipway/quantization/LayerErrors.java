package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Compares a quantised model with its float model, layer by layer. */
public final class LayerErrors {
  private final QuantizedModel model;
  private final GraphExecutor executor;
  private final Consumer<String> progress;

  /**
   * A comparison.
   *
   * @param executor runs float graphs that simulate quantisation
   */
  public LayerErrors(QuantizedModel model, GraphExecutor executor, Consumer<String> progress) {
    this.model = model;
    this.executor = executor;
    this.progress = progress;
  }

  /** The errors over some samples, in the order of the layers. */
  public List<LayerError> measure(CalibrationData data) {
    QuantizationPlan plan = model.plan();
    Graph twins = new Twins(plan, model.parameters()).graph();
    Graph quantized = QuantizedGraph.simulated(plan, model.parameters());
    Map<String, Deviation.Sum> local = new LinkedHashMap<>();
    Map<String, Deviation.Sum> cumulative = new LinkedHashMap<>();
    plan.layers().forEach(layer -> {
      local.put(layer.name(), new Deviation.Sum());
      cumulative.put(layer.name(), new Deviation.Sum());
    });
    try (GraphExecution alone = executor.open(twins);
        GraphExecution whole = executor.open(quantized.withOutputs(outputs(quantized, plan)))) {
      long done = 0;
      for (Map<String, Tensor> sample : data) {
        Map<String, Tensor> both = alone.run(sample);
        Map<String, Tensor> last = whole.run(sample);
        for (Layer layer : plan.layers()) {
          float[] expected = both.get(layer.name()).toFloats();
          local.get(layer.name()).add(expected, both.get(Twins.name(layer)).toFloats());
          cumulative.get(layer.name()).add(expected, last.get(layer.name()).toFloats());
        }
        progress.accept("layer errors: " + ++done + " of " + data.count().orElse(done) + " samples");
      }
    }
    return plan.layers().stream()
        .map(layer -> new LayerError(layer.name(), layer.node().op().schema().name(),
            local.get(layer.name()).deviation(), cumulative.get(layer.name()).deviation()))
        .toList();
  }

  private static Map<String, ValueId> outputs(Graph graph, QuantizationPlan plan) {
    Map<String, ValueId> outputs = new LinkedHashMap<>();
    plan.layers().forEach(layer ->
        outputs.put(layer.name(), graph.node(layer.name()).map(Node::output).orElseThrow()));
    return outputs;
  }

  /** The float graph with a quantised twin beside each layer, which reads the same float values. */
  private static final class Twins {
    private final QuantizationPlan plan;
    private final QuantizationParameters parameters;
    private final Graph graph;
    private final GraphBuilder builder;
    private final SimulatedForm form = new SimulatedForm();
    private final Map<ValueId, ValueId> copied = new HashMap<>();
    private final Map<ValueId, ValueId> rounded = new HashMap<>();

    Twins(QuantizationPlan plan, QuantizationParameters parameters) {
      this.plan = plan;
      this.parameters = parameters;
      this.graph = plan.graph();
      this.builder = new GraphBuilder(graph.name());
    }

    static String name(Layer layer) {
      return layer.name() + "~";
    }

    Graph graph() {
      copied.put(ValueId.ABSENT, ValueId.ABSENT);
      graph.inputs().forEach(id -> copied.put(id, builder.input(graph.value(id).name(), graph.type(id))));
      graph.constants().forEach((id, tensor) -> copied.put(id, builder.constant(graph.value(id).name(), tensor)));
      graph.nodes().forEach(this::copy);
      for (Layer layer : plan.layers()) {
        builder.output(layer.name(), copied.get(layer.node().output()));
        builder.output(name(layer), twin(layer));
      }
      return builder.build().withoutDeadCode();
    }

    private void copy(Node node) {
      List<String> names =
          node.outputs().stream().map(id -> id.isPresent() ? graph.value(id).name() : "").toList();
      List<ValueId> made =
          builder.add(node.name(), node.op(), node.inputs().stream().map(copied::get).toList(), names);
      for (int i = 0; i < made.size(); i++) {
        copied.putIfAbsent(node.output(i), made.get(i));
      }
    }

    private ValueId twin(Layer layer) {
      ValueId input = rounded.computeIfAbsent(layer.input(), id -> form.activation(
          builder, copied.get(id), graph.value(id).name(), parameters.values().get(id)));
      List<ValueId> inputs = new ArrayList<>(layer.node().inputs().stream().map(copied::get).toList());
      inputs.set(0, input);
      QuantizedGraph.setWeights(inputs, builder, graph, layer, parameters, form);
      return builder.add(name(layer), layer.node().op(), inputs, List.of(name(layer))).getFirst();
    }
  }
}
