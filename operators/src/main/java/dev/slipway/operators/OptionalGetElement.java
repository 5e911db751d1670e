package dev.slipway.operators;

import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.ValueType;
import java.util.List;

/** The value of an optional, which must be there; any other value is itself. */
public record OptionalGetElement() implements DataMovement {
  private static final TypeConstraint O = new TypeConstraint("O", DType.ALL, false);
  private static final TypeConstraint V = new TypeConstraint("V", DType.ALL, false);
  static final OpDefinition DEFINITION = OpSchema.named("OptionalGetElement")
      .since(18)
      .input("input", O)
      .output("output", V)
      .create(attributes -> new OptionalGetElement());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<ValueType> inferTypes(InferenceContext in) {
    return List.of(in.type(0) instanceof ValueType.OptionalType(ValueType element) ? element : in.type(0));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    ctx.set(0, ctx.inputDatum(0) instanceof Datum.Maybe maybe
        ? maybe.value().orElseThrow(() -> new SlipwayException("optional: no value (expected: a value)"))
        : ctx.inputDatum(0));
  }
}
