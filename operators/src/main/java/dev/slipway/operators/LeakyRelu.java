package dev.slipway.operators;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Operation;
import dev.slipway.tensor.DType;

/** x where it is not negative, else alpha x. */
public record LeakyRelu(float alpha) implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("LeakyRelu")
      .since(16)
      .input("X", T)
      .output("Y", T)
      .attribute("alpha", 0.01f)
      .create(attributes -> new LeakyRelu(attributes.real("alpha", 0.01f)));

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
    return x.compare(Operation.LESS, constant(0)).select(x.times(alpha), x);
  }
}
