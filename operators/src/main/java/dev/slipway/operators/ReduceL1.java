package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.tensor.DType;

/** The sum of magnitudes; 0 of nothing. */
public record ReduceL1(boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
  static final OpDefinition DEFINITION = Reduction.define("ReduceL1", 18, ReduceL1::new);

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public double reduce(double... x) {
    double result = 0;
    for (double value : x) {
      result += Math.abs(value);
    }
    return result;
  }

  @Override
  public long reduce(DType type, long... x) {
    long result = 0;
    for (long value : x) {
      result += type.isUnsigned() ? value : Math.abs(value);
    }
    return result;
  }
}
