package dev.slipway.operators;

import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Function;
import dev.slipway.operators.Expression.Operation;
import dev.slipway.tensor.DType;

/** Logical exclusive or, with broadcasting. */
public record Xor() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.BOOL);
  static final OpDefinition DEFINITION =
      OpSchema.named("Xor").since(7).input("A", T).input("B", T).output("C", T).create(attributes -> new Xor());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    return input(0).compare(Operation.EQUAL, input(1)).apply(Function.NOT);
  }
}
