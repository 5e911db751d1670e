package dev.slipway.operators;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Operation;
import dev.slipway.tensor.DType;

/** x where it is not negative, else slope times x; the slope broadcasts to x. */
public record PRelu() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of(
      "T", DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64,
      DType.INT32, DType.INT64, DType.UINT32, DType.UINT64);
  static final OpDefinition DEFINITION = OpSchema.named("PRelu")
      .since(16)
      .input("X", T)
      .input("slope", T)
      .output("Y", T)
      .create(attributes -> new PRelu());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    Expression x = input(0);
    return x.compare(Operation.LESS, constant(0)).select(x.times(input(1)), x);
  }

  @Override
  public long apply(DType type, long... x) {
    return type.isUnsigned() || x[0] >= 0 ? x[0] : x[0] * x[1];
  }
}
