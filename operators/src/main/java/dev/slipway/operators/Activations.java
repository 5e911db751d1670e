package dev.slipway.operators;

import static dev.slipway.operators.Expression.constant;

import dev.slipway.operators.Expression.Function;

/** Expressions that several activations share. */
final class Activations {
  private Activations() {}

  /** log(1 + e^x), without overflow. */
  static Expression softplus(Expression x) {
    Expression rest = x.apply(Function.ABS).apply(Function.NEGATE).apply(Function.EXP).apply(Function.LOG1P);
    return x.max(constant(0)).plus(rest);
  }
}
