package dev.slipway.operators;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Function;
import dev.slipway.tensor.DType;

/** max(0, x) + min(0, alpha (e^(x/alpha) - 1)). */
public record Celu(float alpha) implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("Celu")
      .since(12)
      .input("X", T)
      .output("Y", T)
      .attribute("alpha", 1f)
      .create(attributes -> new Celu(attributes.real("alpha", 1f)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("alpha", alpha);
  }

  @Override
  public Expression expression() {
    Expression x = input(0);
    Expression negative = x.over(constant(alpha)).apply(Function.EXPM1).times(alpha);
    return x.max(constant(0)).plus(negative.min(constant(0)));
  }
}
