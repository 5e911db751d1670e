package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.tensor.DType;

/** The Hann window. */
public record HannWindow(boolean periodic, DType outputDatatype) implements WindowFunction {
  static final OpDefinition DEFINITION = WindowFunction.define("HannWindow", HannWindow::new);

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public double at(double place) {
    return 0.5 - 0.5 * Math.cos(2 * Math.PI * place);
  }
}
