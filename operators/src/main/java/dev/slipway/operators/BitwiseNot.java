package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;

/** Every bit inverted. */
public record BitwiseNot() implements Pointwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.INTEGERS);
  static final OpDefinition DEFINITION =
      OpSchema.named("BitwiseNot").since(18).input("X", T).output("Y", T).create(attributes -> new BitwiseNot());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public long apply(DType type, long... x) {
    return ~x[0];
  }
}
