package dev.slipway.operators;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;

/** max(x, 0). */
public record Relu() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS);
  static final OpDefinition DEFINITION =
      OpSchema.named("Relu").since(14).input("X", T).output("Y", T).create(attributes -> new Relu());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    return input(0).max(constant(0));
  }

  @Override
  public long apply(DType type, long... x) {
    return Math.max(x[0], 0);
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.PassThrough();
  }
}
