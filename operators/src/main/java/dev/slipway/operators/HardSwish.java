package dev.slipway.operators;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;

/** x times (x / 6 + 0.5 held between 0 and 1). */
public record HardSwish() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION =
      OpSchema.named("HardSwish").since(22).input("X", T).output("Y", T).create(attributes -> new HardSwish());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    Expression x = input(0);
    return x.times(x.times(1.0 / 6).plus(constant(0.5)).min(constant(1)).max(constant(0)));
  }
}
