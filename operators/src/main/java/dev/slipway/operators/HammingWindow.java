package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.tensor.DType;

/** The Hamming window, with the coefficients 25/46 and 21/46. */
public record HammingWindow(boolean periodic, DType outputDatatype) implements WindowFunction {
  static final OpDefinition DEFINITION = WindowFunction.define("HammingWindow", HammingWindow::new);

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public double at(double place) {
    return (25 - 21 * Math.cos(2 * Math.PI * place)) / 46;
  }
}
