package dev.slipway.operators;

import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Function;
import dev.slipway.tensor.DType;
import java.util.Optional;

/** -x. */
public record Neg() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of(
      "T", DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64,
      DType.INT8, DType.INT16, DType.INT32, DType.INT64);
  static final OpDefinition DEFINITION =
      OpSchema.named("Neg").since(13).input("X", T).output("Y", T).create(attributes -> new Neg());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    return input(0).apply(Function.NEGATE);
  }

  @Override
  public long apply(DType type, long... x) {
    return -x[0];
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    return DimArithmetic.unary(in, x -> Optional.of(x.times(-1)));
  }
}
