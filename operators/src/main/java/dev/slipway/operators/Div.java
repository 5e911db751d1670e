package dev.slipway.operators;

import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.SlipwayException;
import java.util.Optional;

/** a / b with broadcasting; integers drop the fraction. */
public record Div() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS);
  static final OpDefinition DEFINITION =
      OpSchema.named("Div").since(14).input("A", T).input("B", T).output("C", T).create(attributes -> new Div());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    return input(0).over(input(1));
  }

  @Override
  public long apply(DType type, long... x) {
    if (x[1] == 0) {
      throw new SlipwayException("divisor: 0 (expected: another integer)");
    }
    return type.isUnsigned() ? Long.divideUnsigned(x[0], x[1]) : x[0] / x[1];
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    return DimArithmetic.all(in, x -> quotient(x.get(0), x.get(1)));
  }

  private static Optional<Dim> quotient(Dim dividend, Dim divisor) {
    if (divisor.is(0)) {
      return Optional.empty();
    }
    if (dividend instanceof Dim.Known(long a) && divisor instanceof Dim.Known(long b)) {
      return Optional.of(Dim.of(a / b));
    }
    boolean floors = DimArithmetic.isNotNegative(dividend) && DimArithmetic.isNotNegative(divisor);
    return floors ? Optional.of(dividend.floorDiv(divisor)) : Optional.empty();
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.Activation();
  }
}
