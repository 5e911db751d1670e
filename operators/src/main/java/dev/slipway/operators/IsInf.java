package dev.slipway.operators;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Operation;
import dev.slipway.tensor.DType;

/** Whether x is infinite, of the signs that are asked for. */
public record IsInf(boolean negative, boolean positive) implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of(
      "T", DType.BFLOAT16, DType.FLOAT16, DType.FLOAT32, DType.FLOAT64,
      DType.FLOAT8E4M3FN, DType.FLOAT8E4M3FNUZ, DType.FLOAT8E5M2, DType.FLOAT8E5M2FNUZ);
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.BOOL);
  static final OpDefinition DEFINITION = OpSchema.named("IsInf")
      .since(20)
      .input("X", T)
      .output("Y", T1)
      .attribute("detect_negative", 1)
      .attribute("detect_positive", 1)
      .create(attributes -> new IsInf(
          attributes.integer("detect_negative", 1) != 0, attributes.integer("detect_positive", 1) != 0));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("detect_negative", negative).with("detect_positive", positive);
  }

  @Override
  public Expression expression() {
    Expression below = is(Double.NEGATIVE_INFINITY).times(negative ? 1 : 0);
    Expression above = is(Double.POSITIVE_INFINITY).times(positive ? 1 : 0);
    return below.max(above);
  }

  @Override
  public DType elementType(InferenceContext in) {
    return DType.BOOL;
  }

  private static Expression is(double value) {
    return input(0).compare(Operation.EQUAL, constant(value));
  }
}
