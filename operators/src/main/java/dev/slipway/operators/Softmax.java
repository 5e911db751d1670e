package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;

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
    double max = Lines.max(line);
    double[] result = new double[line.length];
    double sum = 0;
    for (int i = 0; i < line.length; i++) {
      result[i] = Math.exp(line[i] - max);
      sum += result[i];
    }
    for (int i = 0; i < line.length; i++) {
      result[i] /= sum;
    }
    return result;
  }
}
