package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import java.util.List;
import java.util.Optional;

/** The product; 1 of nothing. */
public record ReduceProd(boolean keepDims, boolean noopWithEmptyAxes) implements Reduction {
  static final OpDefinition DEFINITION = Reduction.define("ReduceProd", 18, ReduceProd::new);

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public double reduce(double... x) {
    double result = 1;
    for (double value : x) {
      result *= value;
    }
    return result;
  }

  @Override
  public long reduce(DType type, long... x) {
    long result = 1;
    for (long value : x) {
      result *= value;
    }
    return result;
  }

  @Override
  public Optional<Dim> reduce(List<Dim> x) {
    return Optional.of(x.stream().reduce(Dim.ONE, Dim::times));
  }
}
