package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.Expression.Operation;
import dev.slipway.tensor.DType;

/** a ≤ b with broadcasting. */
public record LessOrEqual() implements Comparison {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS);
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.BOOL);
  static final OpDefinition DEFINITION = OpSchema.named("LessOrEqual")
      .since(16)
      .input("A", T)
      .input("B", T)
      .output("C", T1)
      .create(attributes -> new LessOrEqual());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Operation operation() {
    return Operation.LESS_OR_EQUAL;
  }

  @Override
  public boolean holds(int sign) {
    return sign <= 0;
  }
}
