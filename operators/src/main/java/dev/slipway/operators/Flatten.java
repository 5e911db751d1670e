package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** A matrix: the axes before one make the rows, the rest the columns. */
public record Flatten(long axis) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  static final OpDefinition DEFINITION = OpSchema.named("Flatten")
      .since(25)
      .input("input", T)
      .output("output", T)
      .attribute("axis", 1)
      .create(attributes -> new Flatten(attributes.integer("axis", 1)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("axis", axis);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape shape = in.tensor(0).shape();
    return List.of(TensorType.of(
        in.tensor(0).dtype(), shape.ranked() ? flatten(shape) : ShapeInput.fresh(in, 2)));
  }

  private Shape flatten(Shape shape) {
    int rank = shape.rank();
    if (axis < -rank || axis > rank) {
      throw new InvalidGraphException("attribute axis: " + axis + " (expected: " + -rank + " to " + rank + ")");
    }
    int split = (int) (axis < 0 ? axis + rank : axis);
    return Shape.of(shape.slice(0, split).elements(), shape.slice(split, rank).elements());
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    ctx.output(0).copyFrom(ctx.input(0));
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.ZERO;
  }
}
