package dev.slipway.operators;

import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Function;
import dev.slipway.tensor.DType;

/** The hyperbolic sine. */
public record Sinh() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION =
      OpSchema.named("Sinh").since(22).input("input", T).output("output", T).create(attributes -> new Sinh());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    return input(0).apply(Function.SINH);
  }
}
