package dev.slipway.operators;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Function;
import dev.slipway.tensor.DType;

/** x times the normal distribution function of x, or its approximation by the hyperbolic tangent. */
public record Gelu(String approximate) implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("Gelu")
      .since(20)
      .input("X", T)
      .output("Y", T)
      .attribute("approximate", "none")
      .create(attributes -> new Gelu(attributes.string("approximate", "none")));

  public Gelu {
    if (!approximate.equals("none") && !approximate.equals("tanh")) {
      throw new InvalidGraphException("attribute approximate: " + approximate + " (expected: none or tanh)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("approximate", approximate);
  }

  @Override
  public Expression expression() {
    Expression x = input(0);
    return x.times(0.5).times((approximate.equals("tanh") ? tanh(x) : erf(x)).plus(constant(1)));
  }

  private static Expression erf(Expression x) {
    return x.times(Math.sqrt(0.5)).apply(Function.ERF);
  }

  private static Expression tanh(Expression x) {
    Expression cube = x.times(x).times(x);
    return x.plus(cube.times(0.044715)).times(Math.sqrt(2 / Math.PI)).apply(Function.TANH);
  }
}
