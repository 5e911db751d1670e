package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Operation;
import dev.slipway.tensor.DType;

/** a > b with broadcasting. */
public record Greater() implements Comparison {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS);
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.BOOL);
  static final OpDefinition DEFINITION = OpSchema.named("Greater")
      .since(13)
      .input("A", T)
      .input("B", T)
      .output("C", T1)
      .create(attributes -> new Greater());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Operation operation() {
    return Operation.GREATER;
  }

  @Override
  public boolean holds(int sign) {
    return sign > 0;
  }
}
