package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;

/** The position of the smallest element along an axis; NaN is the largest. */
public record ArgMin(long axis, boolean keepDims, boolean selectLastIndex) implements ArgReduction {
  static final OpDefinition DEFINITION = ArgReduction.define("ArgMin", ArgMin::new);

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public boolean isBetter(int order) {
    return order < 0;
  }
}
