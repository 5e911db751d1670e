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
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** One of two subgraphs; both take the captures, which are the inputs behind the condition. */
public record If(Graph thenBranch, Graph elseBranch) implements Op {
  private static final TypeConstraint BOOL = TypeConstraint.of("B", DType.BOOL);
  static final OpDefinition DEFINITION = OpSchema.named("If")
      .since(25)
      .input("cond", BOOL)
      .heterogeneousInput("captures")
      .heterogeneousOutput("outputs")
      .requiredAttribute("else_branch", Kind.GRAPH)
      .requiredAttribute("then_branch", Kind.GRAPH)
      .create(attributes -> new If(attributes.graph("then_branch"), attributes.graph("else_branch")));

  public If {
    if (thenBranch.outputs().size() != elseBranch.outputs().size()) {
      throw new InvalidGraphException("outputs of the branches: " + thenBranch.outputs().size() + " and "
          + elseBranch.outputs().size() + " (expected: as many)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("else_branch", elseBranch).with("then_branch", thenBranch);
  }

  @Override
  public List<ValueType> inferTypes(InferenceContext in) {
    List<ValueType> captures = Subgraphs.types(in, 1);
    Optional<Graph> taken = in.constant(0).map(this::branch);
    List<ValueType> types = taken.isPresent()
        ? Subgraphs.outputs(taken.get(), captures)
        : merged(in, Subgraphs.outputs(thenBranch, captures), Subgraphs.outputs(elseBranch, captures));
    return IntStream.range(0, types.size())
        .mapToObj(i -> Subgraphs.escape(in, "out" + i, types.get(i)))
        .toList();
  }

  private static List<ValueType> merged(InferenceContext in, List<ValueType> a, List<ValueType> b) {
    return IntStream.range(0, a.size())
        .mapToObj(i -> Subgraphs.merge(in, "out" + i, a.get(i), b.get(i)))
        .toList();
  }

  private Graph branch(Tensor condition) {
    if (condition.elementCount() != 1) {
      throw new InvalidGraphException("condition: " + condition.type() + " (expected: one element)");
    }
    return condition.getBoolean(0) ? thenBranch : elseBranch;
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    List<Datum> results = ctx.run(branch(ctx.input(0)), ctx.inputs(1));
    for (int i = 0; i < ctx.outputCount(); i++) {
      ctx.set(i, results.get(i));
    }
  }

  /** The cost of the first branch; which one runs is not known. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Subgraphs.cost(thenBranch);
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("runs subgraphs");
  }

  @Override
  public List<Graph> subgraphs() {
    return List.of(thenBranch, elseBranch);
  }

  @Override
  public Op withSubgraphs(List<Graph> subgraphs) {
    return new If(subgraphs.get(0), subgraphs.get(1));
  }
}
