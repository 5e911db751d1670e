package dev.slipway.operators;

import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Operation;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import java.util.Optional;

/** a = b with broadcasting. */
public record Equal() implements Comparison {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS_AND_BOOL);
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.BOOL);
  static final OpDefinition DEFINITION =
      OpSchema.named("Equal").since(19).input("A", T).input("B", T).output("C", T1).create(attributes -> new Equal());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Operation operation() {
    return Operation.EQUAL;
  }

  @Override
  public boolean holds(int sign) {
    return sign == 0;
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    return DimArithmetic.all(in, x -> DimArithmetic.equal(x.get(0), x.get(1)).map(equal -> equal ? Dim.ONE : Dim.ZERO));
  }
}
