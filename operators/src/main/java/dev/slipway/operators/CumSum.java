package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;

/** The sum of all elements up to each along an axis. */
public record CumSum(boolean exclusive, boolean reverse) implements Cumulation {
  static final OpDefinition DEFINITION = Cumulation.define("CumSum", 14, CumSum::new);

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public int identity() {
    return 0;
  }

  @Override
  public double combine(double a, double b) {
    return a + b;
  }

  @Override
  public long combine(long a, long b) {
    return a + b;
  }
}
