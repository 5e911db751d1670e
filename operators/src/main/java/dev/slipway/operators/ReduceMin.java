package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The smallest element, NaN where one is; of nothing infinity or the largest value of the type. False is less than
 * true.
 */
public record ReduceMin(boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
  private static final Set<DType> TYPES = EnumSet.of(
      DType.BOOL, DType.INT8, DType.UINT8, DType.INT32, DType.INT64, DType.UINT32, DType.UINT64);
  static final OpDefinition DEFINITION = Reduction.define("ReduceMin", 20, TYPES, ReduceMin::new);

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public double reduce(double... x) {
    double result = Double.POSITIVE_INFINITY;
    for (double value : x) {
      result = Math.min(result, value);
    }
    return result;
  }

  @Override
  public long reduce(DType type, long... x) {
    long result = type == DType.BOOL ? 1 : type.maxValue();
    for (long value : x) {
      boolean replaces = type.isUnsigned() ? Long.compareUnsigned(value, result) < 0 : value < result;
      result = replaces ? value : result;
    }
    return result;
  }

  @Override
  public Optional<Dim> reduce(List<Dim> x) {
    return x.stream().reduce(Dim::min);
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.PassThrough();
  }
}
