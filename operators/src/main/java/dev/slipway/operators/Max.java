package dev.slipway.operators;

import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The largest of the inputs, with broadcasting; NaN where one is. */
public record Max() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS);
  static final OpDefinition DEFINITION =
      OpSchema.named("Max").since(13).variadicInput("data_0", T).output("max", T).create(attributes -> new Max());

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
    return IntStream.range(0, present.size()).mapToObj(Expression::input).reduce(Expression::max).orElseThrow();
  }

  @Override
  public long apply(DType type, long... x) {
    long result = x[0];
    for (long value : x) {
      boolean replaces = type.isUnsigned() ? Long.compareUnsigned(value, result) > 0 : value > result;
      result = replaces ? value : result;
    }
    return result;
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    return DimArithmetic.fold(in, Dim::max);
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.SameScale();
  }
}
