package dev.slipway.operators;

import static dev.slipway.operators.Expression.input;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;

/** x^y with broadcasting, in the type of x. */
public record Pow() implements Elementwise {
  private static final TypeConstraint T = TypeConstraint.of(
      "T", DType.INT32, DType.INT64, DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64);
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.NUMBERS);
  static final OpDefinition DEFINITION =
      OpSchema.named("Pow").since(15).input("X", T).input("Y", T1).output("Z", T).create(attributes -> new Pow());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Expression expression() {
    return input(0).power(input(1));
  }

  @Override
  public long apply(DType type, long... x) {
    long base = x[0];
    if (x[1] < 0) {
      return base == 1 ? 1 : base == -1 ? ((x[1] & 1) == 0 ? 1 : -1) : 0;
    }
    long power = 1;
    for (long exponent = x[1]; exponent != 0; exponent >>>= 1) {
      power = (exponent & 1) == 1 ? power * base : power;
      base *= base;
    }
    return power;
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return dtype.isFloat() ? Tolerance.epsilons(16) : Tolerance.EXACT;
  }
}
