package dev.slipway.operators;

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
    return IntStream.range(0, present.size()).mapToObj(Expression::input).reduce(Expression::plus).orElseThrow().times(1.0 / present.size());
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.Activation();
  }
}
