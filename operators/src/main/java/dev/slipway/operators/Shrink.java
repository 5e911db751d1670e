package dev.slipway.operators;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Operation;
import dev.slipway.tensor.DType;

/** x + bias below -lambd, x - bias above lambd, else 0. */
public record Shrink(float bias, float lambd) implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS);
  static final OpDefinition DEFINITION = OpSchema.named("Shrink")
      .since(9)
      .input("input", T)
      .output("output", T)
      .attribute("bias", 0f)
      .attribute("lambd", 0.5f)
      .create(attributes -> new Shrink(attributes.real("bias", 0f), attributes.real("lambd", 0.5f)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("bias", bias).with("lambd", lambd);
  }

  @Override
  public Expression expression() {
    Expression x = input(0);
    Expression above = x.compare(Operation.GREATER, constant(lambd)).select(x.minus(constant(bias)), constant(0));
    return x.compare(Operation.LESS, constant(-lambd)).select(x.plus(constant(bias)), above);
  }
}
