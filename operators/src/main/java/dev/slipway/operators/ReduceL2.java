package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;

/** The square root of the sum of squares; 0 of nothing. */
public record ReduceL2(boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
  static final OpDefinition DEFINITION = Reduction.define("ReduceL2", 18, ReduceL2::new);

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public double reduce(double... x) {
    double result = 0;
    for (double value : x) {
      result += value * value;
    }
    return Math.sqrt(result);
  }
}
