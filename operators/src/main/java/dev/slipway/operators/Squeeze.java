package dev.slipway.operators;

import dev.slipway.graph.Cost;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Removes axes of size 1: the given ones, or all. */
public record Squeeze() implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint AXES = TypeConstraint.of("axes", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("Squeeze")
      .since(25)
      .input("data", T)
      .optionalInput("axes", AXES)
      .output("squeezed", T)
      .create(attributes -> new Squeeze());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(TensorType.of(in.tensor(0).dtype(), shape(in)));
  }

  private static Shape shape(InferenceContext in) {
    Shape shape = in.tensor(0).shape();
    if (!shape.ranked()) {
      return shape;
    }
    if (!in.has(1)) {
      return shape.isKnown()
          ? Shape.of(shape.dims().stream().filter(dim -> !dim.is(1)).toList())
          : Shape.UNRANKED;
    }
    Optional<int[]> axes = ShapeInput.axes(in, 1, shape.rank());
    if (axes.isEmpty()) {
      return ShapeInput.length(in, 1)
          .map(count -> ShapeInput.fresh(in, shape.rank() - count))
          .orElse(Shape.UNRANKED);
    }
    List<Dim> dims = new ArrayList<>(shape.dims());
    int[] removed = axes.get();
    Arrays.sort(removed);
    for (int i = removed.length - 1; i >= 0; i--) {
      Dim dim = dims.remove(removed[i]);
      if (dim instanceof Dim.Known && !dim.is(1)) {
        throw new InvalidGraphException(
            "axis " + removed[i] + " of " + shape + ": size " + dim + " (expected: 1, to be removed)");
      }
    }
    return Shape.of(dims);
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    Shape to = shape(in);
    return to.ranked() && to.rank() <= 1
        ? in.dims(0).map(vector -> new DimVector(vector.values(), to.rank() == 0))
        : Optional.empty();
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
