package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;

/** Bitwise and, with broadcasting. */
public record BitwiseAnd() implements Pointwise {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.INTEGERS);
  static final OpDefinition DEFINITION = OpSchema.named("BitwiseAnd")
      .since(18)
      .input("A", T)
      .input("B", T)
      .output("C", T)
      .create(attributes -> new BitwiseAnd());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public long apply(DType type, long... x) {
    return x[0] & x[1];
  }
}
