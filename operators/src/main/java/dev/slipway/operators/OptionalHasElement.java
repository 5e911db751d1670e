package dev.slipway.operators;

import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** Whether there is a value; any value that is no optional is one. */
public record OptionalHasElement() implements DataMovement {
  private static final TypeConstraint O = new TypeConstraint("O", DType.ALL, false);
  private static final TypeConstraint BOOL = TypeConstraint.of("B", DType.BOOL);
  static final OpDefinition DEFINITION = OpSchema.named("OptionalHasElement")
      .since(18)
      .optionalInput("input", O)
      .output("output", BOOL)
      .create(attributes -> new OptionalHasElement());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(TensorType.of(DType.BOOL));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    boolean there = ctx.has(0) && !(ctx.inputDatum(0) instanceof Datum.Maybe maybe && maybe.value().isEmpty());
    ctx.output(0).setBoolean(0, there);
  }
}
