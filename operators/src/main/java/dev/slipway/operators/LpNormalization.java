package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import java.util.Arrays;

/** x over the norm of order p, 1 or 2, along the axis; 0 where the norm is. */
public record LpNormalization(long axis, long p) implements LineTransform {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("LpNormalization")
      .since(22)
      .input("input", T)
      .output("output", T)
      .attribute("axis", -1)
      .attribute("p", 2)
      .create(attributes -> new LpNormalization(attributes.integer("axis", -1), attributes.integer("p", 2)));

  public LpNormalization {
    if (p != 1 && p != 2) {
      throw new InvalidGraphException("attribute p: " + p + " (expected: 1 or 2)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("axis", axis).with("p", p);
  }

  @Override
  public double[] transform(double[] line) {
    double norm = p == 1
        ? Arrays.stream(line).map(Math::abs).sum()
        : Math.sqrt(Arrays.stream(line).map(x -> x * x).sum());
    return Arrays.stream(line).map(x -> norm == 0 ? 0 : x / norm).toArray();
  }
}
