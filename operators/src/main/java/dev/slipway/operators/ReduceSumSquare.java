package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.tensor.DType;

/** The sum of squares; 0 of nothing. */
public record ReduceSumSquare(boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
  static final OpDefinition DEFINITION = Reduction.define("ReduceSumSquare", 18, ReduceSumSquare::new);

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
    return result;
  }

  @Override
  public long reduce(DType type, long... x) {
    long result = 0;
    for (long value : x) {
      result += value * value;
    }
    return result;
  }
}
