package dev.slipway.operators;

import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;

/** Logical or, with broadcasting. */
public record Or() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.BOOL);
  static final OpDefinition DEFINITION =
      OpSchema.named("Or").since(7).input("A", T).input("B", T).output("C", T).create(attributes -> new Or());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    return input(0).max(input(1));
  }
}
