package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import java.util.List;
import java.util.stream.IntStream;

/** The sum of the inputs, with broadcasting. */
public record Sum() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION =
      OpSchema.named("Sum").since(13).variadicInput("data_0", T).output("sum", T).create(attributes -> new Sum());

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
    return IntStream.range(0, present.size()).mapToObj(Expression::input).reduce(Expression::plus).orElseThrow();
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.Activation();
  }
}
