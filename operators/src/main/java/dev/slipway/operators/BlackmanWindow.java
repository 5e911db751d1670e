package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.tensor.DType;

/** The Blackman window, with the coefficients 0.42, 0.5 and 0.08. */
public record BlackmanWindow(boolean periodic, DType outputDatatype) implements WindowFunction {
  static final OpDefinition DEFINITION = WindowFunction.define("BlackmanWindow", BlackmanWindow::new);

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public double at(double place) {
    return 0.42 - 0.5 * Math.cos(2 * Math.PI * place) + 0.08 * Math.cos(4 * Math.PI * place);
  }
}
