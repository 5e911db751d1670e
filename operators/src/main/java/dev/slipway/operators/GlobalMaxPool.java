package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;

/** The largest element of each plane; NaN where it has one. */
public record GlobalMaxPool() implements GlobalPooling {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("GlobalMaxPool")
      .since(22)
      .input("X", T)
      .output("Y", T)
      .create(attributes -> new GlobalMaxPool());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public double reduce(double[] plane) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double x : plane) {
      largest = Math.max(largest, x);
    }
    return largest;
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.PassThrough();
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.EXACT;
  }
}
