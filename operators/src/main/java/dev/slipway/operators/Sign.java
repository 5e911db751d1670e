package dev.slipway.operators;

import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Function;
import dev.slipway.tensor.DType;

/** -1, 0 or 1. */
public record Sign() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS);
  static final OpDefinition DEFINITION =
      OpSchema.named("Sign").since(13).input("input", T).output("output", T).create(attributes -> new Sign());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    return input(0).apply(Function.SIGN);
  }

  @Override
  public long apply(DType type, long... x) {
    return type.isUnsigned() ? Math.min(Long.compareUnsigned(x[0], 0), 1) : Long.signum(x[0]);
  }
}
