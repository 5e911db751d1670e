package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import java.util.Arrays;

/** e^x over the sum of e^x along the axis. */
public record Softmax(long axis) implements LineTransform {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("Softmax")
      .since(13)
      .input("input", T)
      .output("output", T)
      .attribute("axis", -1)
      .create(attributes -> new Softmax(attributes.integer("axis", -1)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public double[] transform(double[] line) {
    double max = Arrays.stream(line).max().orElse(0);
    double[] powers = Arrays.stream(line).map(x -> Math.exp(x - max)).toArray();
    double sum = Arrays.stream(powers).sum();
    return Arrays.stream(powers).map(power -> power / sum).toArray();
  }
}
