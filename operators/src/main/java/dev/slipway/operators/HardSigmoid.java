package dev.slipway.operators;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;

/** alpha x + beta, held between 0 and 1. */
public record HardSigmoid(float alpha, float beta) implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("HardSigmoid")
      .since(22)
      .input("X", T)
      .output("Y", T)
      .attribute("alpha", 0.2f)
      .attribute("beta", 0.5f)
      .create(attributes -> new HardSigmoid(attributes.real("alpha", 0.2f), attributes.real("beta", 0.5f)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("alpha", alpha).with("beta", beta);
  }

  @Override
  public Expression expression() {
    return input(0).times(alpha).plus(constant(beta)).min(constant(1)).max(constant(0));
  }
}
