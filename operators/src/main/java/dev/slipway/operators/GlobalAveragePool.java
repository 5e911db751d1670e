package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import java.util.Arrays;

/** The mean of each plane. */
public record GlobalAveragePool() implements GlobalPooling {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("GlobalAveragePool")
      .since(22)
      .input("X", T)
      .output("Y", T)
      .create(attributes -> new GlobalAveragePool());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public double reduce(double[] plane) {
    return Arrays.stream(plane).sum() / plane.length;
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.Activation();
  }
}
