package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** The p-norm of each plane. */
public record GlobalLpPool(long p) implements GlobalPooling {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("GlobalLpPool")
      .since(22)
      .input("X", T)
      .output("Y", T)
      .attribute("p", 2)
      .create(attributes -> new GlobalLpPool(attributes.integer("p", 2)));

  public GlobalLpPool {
    if (p < 1) {
      throw new InvalidGraphException("attribute p: " + p + " (expected: >= 1)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("p", p);
  }

  @Override
  public double reduce(double[] plane) {
    double sum = 0;
    for (double x : plane) {
      sum += Math.pow(Math.abs(x), p);
    }
    return Math.pow(sum, 1.0 / p);
  }

  /** A power and an addition for each element of the input. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape x = in.getFirst().shape();
    return Cost.of(x.ranked() ? x.elements().times(2) : Dim.ZERO, in, out);
  }
}
