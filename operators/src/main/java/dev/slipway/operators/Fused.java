package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.Graph;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeInference;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A group of nodes that one kernel computes: the inputs and outputs are those of the body, in order. */
public record Fused(Graph body) implements Op {
  static final OpDefinition DEFINITION = OpSchema.named("slipway", "Fused")
      .heterogeneousInput("inputs")
      .heterogeneousOutput("outputs")
      .requiredAttribute("body", Kind.GRAPH)
      .create(attributes -> new Fused(attributes.graph("body")));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("body", body);
  }

  @Override
  public List<ValueType> inferTypes(InferenceContext in) {
    if (in.inputCount() != body.inputs().size()) {
      throw new InvalidGraphException(
          "inputs: " + in.inputCount() + " (expected: " + body.inputs().size() + ", as body " + body.name() + " has)");
    }
    Map<ValueId, TypeInference.Input> known = new HashMap<>();
    for (int i = 0; i < in.inputCount(); i++) {
      known.put(body.inputs().get(i), new TypeInference.Input(Optional.of(in.type(i)), in.constant(i), in.dims(i)));
    }
    inferBody(known);
    List<ValueType> types = new ArrayList<>(body.outputs().size());
    for (ValueId id : body.outputs().values()) {
      types.add(known.get(id).type().orElseThrow());
    }
    return types;
  }

  /** Adds the constants of the body and what its nodes produce to what is known of its inputs. */
  private void inferBody(Map<ValueId, TypeInference.Input> known) {
    for (Map.Entry<ValueId, Tensor> constant : body.constants().entrySet()) {
      known.put(constant.getKey(), TypeInference.Input.of(constant.getValue()));
    }
    for (Node node : body.nodes()) {
      List<TypeInference.Input> inputs = new ArrayList<>(node.inputs().size());
      for (ValueId id : node.inputs()) {
        inputs.add(known.getOrDefault(id, TypeInference.Input.ABSENT));
      }
      TypeInference.Result result = TypeInference.infer(node.name(), node.op(), inputs, node.outputs().size());
      for (int i = 0; i < node.outputs().size(); i++) {
        known.put(
            node.output(i),
            TypeInference.Input.of(result.types().get(i), i == 0 ? result.dims() : Optional.empty()));
      }
    }
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    List<Datum> results = ctx.run(body, ctx.inputs(0));
    for (int i = 0; i < results.size(); i++) {
      ctx.set(i, results.get(i));
    }
  }

  /** The operations of the body; in memory only what the group itself reads and writes. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Map<ValueId, TypeInference.Input> known = new HashMap<>();
    for (int i = 0; i < body.inputs().size(); i++) {
      ValueId id = body.inputs().get(i);
      known.put(id, TypeInference.Input.of(in.size() == body.inputs().size() ? in.get(i) : body.type(id)));
    }
    inferBody(known);
    Cost sum = Cost.ZERO;
    for (Node node : body.nodes()) {
      sum = sum.plus(node.op().cost(types(node.inputs(), known), types(node.outputs(), known)));
    }
    Cost own = Cost.movement(in, out);
    return new Cost(sum.flops(), sum.macs(), own.bytesRead(), own.bytesWritten());
  }

  private static List<TensorType> types(List<ValueId> ids, Map<ValueId, TypeInference.Input> known) {
    return ids.stream()
        .filter(ValueId::isPresent)
        .flatMap(id -> known.get(id).type().stream())
        .filter(TensorType.class::isInstance)
        .map(TensorType.class::cast)
        .toList();
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return new AxisFlow.Opaque("the axes of a fused group flow as those of its body");
  }

  /** The sum over the body; a step where it rounds what it computes, which may lie in the middle of two. */
  @Override
  public Tolerance tolerance(DType dtype) {
    boolean rounds = body.nodes().size() > 1
        && body.nodes().stream().anyMatch(node -> node.op() instanceof QuantizeLinear);
    Tolerance sum = rounds && dtype.isInteger() ? new Tolerance(0, 1) : Tolerance.EXACT;
    for (Node node : body.nodes()) {
      Tolerance own = node.op().tolerance(dtype);
      sum = new Tolerance(
          sum.relativeEpsilons() + own.relativeEpsilons(), sum.absoluteEpsilons() + own.absoluteEpsilons());
    }
    return sum;
  }

  @Override
  public boolean isDeterministic() {
    return body.nodes().stream().allMatch(node -> node.op().isDeterministic());
  }

  @Override
  public List<Graph> subgraphs() {
    return List.of(body);
  }

  @Override
  public Op withSubgraphs(List<Graph> subgraphs) {
    return new Fused(subgraphs.getFirst());
  }
}
