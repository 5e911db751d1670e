package dev.slipway.operators;

import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Function;
import dev.slipway.tensor.DType;

/** Logical negation. */
public record Not() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.BOOL);
  static final OpDefinition DEFINITION =
      OpSchema.named("Not").since(1).input("X", T).output("Y", T).create(attributes -> new Not());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    return input(0).apply(Function.NOT);
  }
}
