package dev.slipway.operators;

import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.stream.LongStream;

/** The positions of the elements that are not 0: one row for each axis, in row-major order. */
public record NonZero() implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INT64 = TypeConstraint.of("Y", DType.INT64);
  static final OpDefinition DEFINITION =
      OpSchema.named("NonZero").since(13).input("X", T).output("Y", INT64).create(attributes -> new NonZero());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    Dim rank = x.ranked() ? Dim.of(x.rank()) : in.freshDim("rank");
    return List.of(TensorType.of(DType.INT64, Shape.of(rank, in.freshDim("count"))));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    long[] strides = Shape.strides(x.dims());
    long[] found = LongStream.range(0, x.elementCount()).filter(i -> x.getDouble(i) != 0).toArray();
    Tensor y = ctx.output(0, x.rank(), found.length);
    for (int axis = 0; axis < x.rank(); axis++) {
      for (int i = 0; i < found.length; i++) {
        y.setLong((long) axis * found.length + i, found[i] / strides[axis] % x.dim(axis));
      }
    }
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("the output counts");
  }
}
