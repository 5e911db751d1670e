package dev.slipway.operators;

import static dev.slipway.operators.Expression.constant;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import java.util.List;
import java.util.stream.IntStream;

/** The mean of the inputs, with broadcasting. */
public record Mean() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION =
      OpSchema.named("Mean").since(13).variadicInput("data_0", T).output("mean", T).create(attributes -> new Mean());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    return expression(List.of(true, true));
  }

  @Override
  public Expression expression(List<Boolean> present) {
    int count = present.size();
    Expression sum = IntStream.range(0, count).mapToObj(Expression::input).reduce(Expression::plus).orElseThrow();
    return sum.over(constant(count));
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.Activation();
  }
}
