package dev.slipway.operators;

import dev.slipway.graph.Cost;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
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

/** Inserts axes of size 1; the axes count in the output. */
public record Unsqueeze() implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint AXES = TypeConstraint.of("axes", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("Unsqueeze")
      .since(25)
      .input("data", T)
      .input("axes", AXES)
      .output("expanded", T)
      .create(attributes -> new Unsqueeze());

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
    Optional<long[]> axes = ShapeInput.integers(in, 1);
    if (axes.isEmpty()) {
      return ShapeInput.length(in, 1)
          .map(count -> ShapeInput.fresh(in, shape.rank() + count))
          .orElse(Shape.UNRANKED);
    }
    int[] inserted = Axes.normalize(axes.get(), shape.rank() + axes.get().length);
    Arrays.sort(inserted);
    List<Dim> dims = new ArrayList<>(shape.dims());
    for (int axis : inserted) {
      dims.add(axis, Dim.ONE);
    }
    return Shape.of(dims);
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    Shape to = shape(in);
    return to.ranked() && to.rank() == 1
        ? in.dims(0).map(vector -> DimVector.of(vector.values()))
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
