package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** The upper or lower triangles of matrices, bounded by diagonal k; the rest is 0. */
public record Trilu(boolean upper) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INT64 = TypeConstraint.of("k", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("Trilu")
      .since(14)
      .input("input", T)
      .optionalInput("k", INT64)
      .output("output", T)
      .attribute("upper", 1)
      .create(attributes -> new Trilu(attributes.integer("upper", 1) != 0));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("upper", upper);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape shape = in.tensor(0).shape();
    if (shape.ranked() && shape.rank() < 2) {
      throw new InvalidGraphException("input: " + shape + " (expected: at least 2 axes)");
    }
    return List.of(in.tensor(0));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    long k = ctx.has(1) ? ctx.input(1).getLong(0) : 0;
    long rows = x.dim(-2);
    long columns = x.dim(-1);
    ElementCopy.clear(y);
    for (long i = 0; i < x.elementCount(); i++) {
      long diagonal = i % columns - i / columns % rows;
      if (upper ? diagonal >= k : diagonal <= k) {
        ElementCopy.copy(x, i, y, i);
      }
    }
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return new AxisFlow.Broadcast();
  }
}
