package dev.slipway.operators;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Function;
import dev.slipway.operators.Expression.Operation;
import dev.slipway.tensor.DType;

/** gamma times (x where it is positive, else alpha (e^x - 1)). */
public record Selu(float alpha, float gamma) implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("Selu")
      .since(22)
      .input("X", T)
      .output("Y", T)
      .attribute("alpha", 1.6732632f)
      .attribute("gamma", 1.050701f)
      .create(attributes -> new Selu(
          attributes.real("alpha", 1.6732632f), attributes.real("gamma", 1.050701f)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("alpha", alpha).with("gamma", gamma);
  }

  @Override
  public Expression expression() {
    Expression x = input(0);
    Expression negative = x.apply(Function.EXPM1).times(alpha);
    return x.compare(Operation.GREATER, constant(0)).select(x, negative).times(gamma);
  }
}
