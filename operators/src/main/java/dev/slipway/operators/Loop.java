package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.Cost;
import dev.slipway.graph.Graph;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a body again and again, as often as said or while a condition holds. Inputs: trip count, condition, carried
 * values, captures. The body takes the iteration (int64), the condition, carried values, captures; it gives the
 * condition, carried values, and values that are stacked along a new first axis.
 *
 * @param captures how many of the last inputs are captured values
 */
public record Loop(Graph body, long captures) implements Op {
  private static final TypeConstraint INT64 = TypeConstraint.of("I", DType.INT64);
  private static final TypeConstraint BOOL = TypeConstraint.of("B", DType.BOOL);
  static final OpDefinition DEFINITION = OpSchema.named("Loop")
      .since(25)
      .optionalInput("M", INT64)
      .optionalInput("cond", BOOL)
      .heterogeneousInput("v_initial_and_captures")
      .heterogeneousOutput("v_final_and_scan_outputs")
      .requiredAttribute("body", Kind.GRAPH)
      .attribute("captures", 0)
      .create(attributes -> new Loop(attributes.graph("body"), attributes.integer("captures", 0)));

  public Loop {
    if (captures < 0 || carried(body, captures) < 0 || carried(body, captures) >= body.outputs().size()) {
      throw new InvalidGraphException("body: " + body.inputs().size() + " inputs, " + captures + " of them captures, "
          + body.outputs().size() + " outputs (expected: iteration, condition and carried values, which it gives too)");
    }
  }

  private static int carried(Graph body, long captures) {
    return (int) (body.inputs().size() - 2 - captures);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("body", body).with("captures", captures);
  }

  @Override
  public List<ValueType> inferTypes(InferenceContext in) {
    int carried = carried(body, captures);
    List<ValueType> own = new ArrayList<>(List.of(TensorType.of(DType.INT64), TensorType.of(DType.BOOL)));
    List<ValueType> results =
        Subgraphs.steady(in, body, own, Subgraphs.types(in, 2), carried, 1);
    Dim iterations = in.freshDim("iterations");
    List<ValueType> types = new ArrayList<>();
    for (int i = 0; i < results.size() - 1; i++) {
      ValueType type = results.get(i + 1);
      types.add(Subgraphs.escape(in, "out" + i, i < carried ? type : Subgraphs.stacked(type, 0, iterations)));
    }
    return types;
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    long limit = ctx.has(0) ? ctx.input(0).getLong(0) : Long.MAX_VALUE;
    boolean goesOn = !ctx.has(1) || ctx.input(1).getBoolean(0);
    int carried = carried(body, captures);
    List<Datum> values = ctx.inputs(2).subList(0, carried);
    List<Datum> captured = ctx.inputs(2 + carried);
    List<List<Tensor>> stacks = Subgraphs.stacks(body.outputs().size() - 1 - carried);
    for (long i = 0; i < limit && goesOn; i++) {
      List<Datum> inputs = new ArrayList<>(List.of(Tensor.scalar(i), Tensor.scalar(DType.BOOL, 1)));
      inputs.addAll(values);
      inputs.addAll(captured);
      List<Datum> results = ctx.run(body, inputs);
      goesOn = Sequences.tensor(results.getFirst()).getBoolean(0);
      values = results.subList(1, 1 + carried);
      for (int k = 0; k < stacks.size(); k++) {
        stacks.get(k).add(Sequences.tensor(results.get(1 + carried + k)));
      }
    }
    for (int port = 0; port < ctx.outputCount(); port++) {
      ctx.set(port, port < carried
          ? values.get(port)
          : Subgraphs.stack(body, 1 + port, stacks.get(port - carried), 0));
    }
  }

  /** One iteration; how many there are is not known. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Subgraphs.cost(body);
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("runs a subgraph");
  }

  @Override
  public List<Graph> subgraphs() {
    return List.of(body);
  }

  @Override
  public Op withSubgraphs(List<Graph> subgraphs) {
    return new Loop(subgraphs.getFirst(), captures);
  }
}
