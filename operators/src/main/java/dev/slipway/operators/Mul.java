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
import java.util.Optional;

/** a * b with broadcasting. */
public record Mul() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS);
  static final OpDefinition DEFINITION =
      OpSchema.named("Mul").since(14).input("A", T).input("B", T).output("C", T).create(attributes -> new Mul());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    return input(0).times(input(1));
  }

  @Override
  public long apply(DType type, long... x) {
    return x[0] * x[1];
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    return DimArithmetic.binary(in, Dim::times);
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.Activation();
  }
}
