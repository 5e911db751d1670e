package dev.slipway.operators;

import dev.slipway.graph.DimVector;
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
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The tensor over and over along each axis. */
public record Tile() implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INT64 = TypeConstraint.of("T1", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("Tile")
      .since(13)
      .input("input", T)
      .input("repeats", INT64)
      .output("output", T)
      .create(attributes -> new Tile());

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
    Shape repeats = ShapeInput.of(in, 1);
    if (!shape.ranked()) {
      return repeats.ranked() ? ShapeInput.fresh(in, repeats.rank()) : shape;
    }
    if (!repeats.ranked() || ShapeInput.dims(in, 1).isEmpty()) {
      return ShapeInput.fresh(in, shape.rank());
    }
    if (repeats.rank() != shape.rank()) {
      throw new InvalidGraphException("repeats: " + repeats + " (expected: " + shape.rank() + " numbers)");
    }
    return Shape.of(IntStream.range(0, shape.rank())
        .mapToObj(axis -> shape.dim(axis).times(repeats.dim(axis)))
        .toList());
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    Optional<DimVector> values = in.dims(0);
    Optional<long[]> repeats = in.integers(1);
    return values.isPresent() && repeats.isPresent() && repeats.get().length == 1
        ? DimArithmetic.repeat(values.get().values(), repeats.get())
        : Optional.empty();
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    if (y.elementCount() == 0) {
      return;
    }
    long[][] sources = AxisSources.identity(y.dims());
    for (int axis = 0; axis < sources.length; axis++) {
      long size = x.dim(axis);
      sources[axis] = Arrays.stream(sources[axis]).map(i -> i % size).toArray();
    }
    AxisSources.gather(x, y, sources, x);
  }
}
