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

/** x where it is not negative, else alpha (e^x - 1). */
public record Elu(float alpha) implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("Elu")
      .since(22)
      .input("X", T)
      .output("Y", T)
      .attribute("alpha", 1f)
      .create(attributes -> new Elu(attributes.real("alpha", 1f)));

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
    return x.compare(Operation.LESS, constant(0)).select(x.apply(Function.EXPM1).times(alpha), x);
  }
}
