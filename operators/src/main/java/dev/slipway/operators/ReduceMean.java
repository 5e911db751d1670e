package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import java.util.stream.LongStream;

/** The mean; NaN of nothing. Integers drop the fraction. */
public record ReduceMean(boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
  static final OpDefinition DEFINITION = Reduction.define("ReduceMean", 18, ReduceMean::new);

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
    return result / x.length;
  }

  @Override
  public long reduce(DType type, long... x) {
    if (x.length == 0) {
      throw new SlipwayException("elements to average: 0 (expected: at least 1 of an integer type)");
    }
    long sum = LongStream.of(x).sum();
    return type.isUnsigned() ? Long.divideUnsigned(sum, x.length) : sum / x.length;
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.Activation();
  }
}
