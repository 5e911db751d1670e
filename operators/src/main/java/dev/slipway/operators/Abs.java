package dev.slipway.operators;

import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Function;
import dev.slipway.tensor.DType;

/** |x|; the smallest integer of a signed type is its own. */
public record Abs() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS);
  static final OpDefinition DEFINITION =
      OpSchema.named("Abs").since(13).input("X", T).output("Y", T).create(attributes -> new Abs());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    return input(0).apply(Function.ABS);
  }

  @Override
  public long apply(DType type, long... x) {
    return type.isUnsigned() ? x[0] : Math.abs(x[0]);
  }
}
