package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;

/** The logarithm of the sum; minus infinity of nothing. */
public record ReduceLogSum(boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
  static final OpDefinition DEFINITION = Reduction.define("ReduceLogSum", 18, ReduceLogSum::new);

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public double reduce(double... x) {
    double result = 0;
    for (double value : x) {
      result += value;
    }
    return Math.log(result);
  }
}
