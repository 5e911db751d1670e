package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import java.util.List;
import java.util.Optional;

/** The sum; 0 of nothing. */
public record ReduceSum(boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
  static final OpDefinition DEFINITION = Reduction.define("ReduceSum", 13, ReduceSum::new);

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
    return result;
  }

  @Override
  public long reduce(DType type, long... x) {
    long result = 0;
    for (long value : x) {
      result += value;
    }
    return result;
  }

  @Override
  public Optional<Dim> reduce(List<Dim> x) {
    return x.stream().reduce(Dim::plus);
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.Activation();
  }
}
