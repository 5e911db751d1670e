package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import java.util.stream.DoubleStream;

/** The logarithm of the sum of e^x, without overflow; minus infinity of nothing. */
public record ReduceLogSumExp(boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
  static final OpDefinition DEFINITION = Reduction.define("ReduceLogSumExp", 18, ReduceLogSumExp::new);

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public double reduce(double... x) {
    double max = DoubleStream.of(x).reduce(Double.NEGATIVE_INFINITY, Math::max);
    if (Double.isInfinite(max)) {
      return max;
    }
    double sum = 0;
    for (double value : x) {
      sum += Math.exp(value - max);
    }
    return max + Math.log(sum);
  }
}
