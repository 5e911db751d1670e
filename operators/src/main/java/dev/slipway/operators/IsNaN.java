package dev.slipway.operators;

import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Function;
import dev.slipway.tensor.DType;

/** Whether x is not a number. */
public record IsNaN() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of(
      "T", DType.BFLOAT16, DType.FLOAT16, DType.FLOAT32, DType.FLOAT64,
      DType.FLOAT8E4M3FN, DType.FLOAT8E4M3FNUZ, DType.FLOAT8E5M2, DType.FLOAT8E5M2FNUZ);
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.BOOL);
  static final OpDefinition DEFINITION =
      OpSchema.named("IsNaN").since(20).input("X", T).output("Y", T1).create(attributes -> new IsNaN());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    return input(0).apply(Function.IS_NAN);
  }

  @Override
  public DType elementType(InferenceContext in) {
    return DType.BOOL;
  }
}
