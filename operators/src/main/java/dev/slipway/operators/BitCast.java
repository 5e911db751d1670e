package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** The same bits under another element type of the same width. */
public record BitCast(DType to) implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.ALL);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.ALL);
  static final OpDefinition DEFINITION = OpSchema.named("BitCast")
      .since(26)
      .input("input", T1)
      .output("output", T2)
      .requiredAttribute("to", Kind.INT)
      .create(attributes -> new BitCast(attributes.dtype("to")));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("to", to);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    DType from = in.tensor(0).dtype();
    if (from.bits() != to.bits()) {
      throw new InvalidGraphException(
          "attribute to: " + to + " (expected: a type of " + from.bits() + " bits, as " + from + " has)");
    }
    return List.of(in.tensor(0).withDType(to));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor y = ctx.output(0);
    y.data().copyFrom(ctx.input(0).data().asSlice(0, y.type().bytes()));
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.movement(in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return Lines.flow(in);
  }
}
