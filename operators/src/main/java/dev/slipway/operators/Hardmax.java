package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;

/** 1 for the first largest element along the axis, 0 for the others. */
public record Hardmax(long axis) implements LineTransform {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("Hardmax")
      .since(13)
      .input("input", T)
      .output("output", T)
      .attribute("axis", -1)
      .create(attributes -> new Hardmax(attributes.integer("axis", -1)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public double[] transform(double[] line) {
    double[] result = new double[line.length];
    int first = 0;
    for (int i = 1; i < line.length; i++) {
      first = line[i] > line[first] ? i : first;
    }
    if (line.length > 0) {
      result[first] = 1;
    }
    return result;
  }
}
