package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;

/** x minus the logarithm of the sum of e^x along the axis. */
public record LogSoftmax(long axis) implements LineTransform {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("LogSoftmax")
      .since(13)
      .input("input", T)
      .output("output", T)
      .attribute("axis", -1)
      .create(attributes -> new LogSoftmax(attributes.integer("axis", -1)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public double[] transform(double[] line) {
    double max = Lines.max(line);
    double sum = 0;
    for (double x : line) {
      sum += Math.exp(x - max);
    }
    double logarithm = max + Math.log(sum);
    double[] result = new double[line.length];
    for (int i = 0; i < line.length; i++) {
      result[i] = line[i] - logarithm;
    }
    return result;
  }
}
