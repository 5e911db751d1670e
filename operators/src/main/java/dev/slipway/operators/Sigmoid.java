package dev.slipway.operators;

import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Function;
import dev.slipway.tensor.DType;

/** 1 / (1 + e^-x). */
public record Sigmoid() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION =
      OpSchema.named("Sigmoid").since(13).input("X", T).output("Y", T).create(attributes -> new Sigmoid());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    return input(0).apply(Function.SIGMOID);
  }
}
