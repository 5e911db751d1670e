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
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** Slices that index tuples, the last axis of the indices, name. */
public record GatherND(long batchDims) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INT64 = TypeConstraint.of("indices", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("GatherND")
      .since(13)
      .input("data", T)
      .input("indices", INT64)
      .output("output", T)
      .attribute("batch_dims", 0)
      .create(attributes -> new GatherND(attributes.integer("batch_dims", 0)));

  public GatherND {
    if (batchDims < 0) {
      throw new InvalidGraphException("attribute batch_dims: " + batchDims + " (expected: >= 0)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("batch_dims", batchDims);
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.selection(in, out);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(TensorType.of(in.tensor(0).dtype(), shape(in.tensor(0).shape(), in.tensor(1).shape())));
  }

  private Shape shape(Shape data, Shape indices) {
    if (!data.ranked() || !indices.ranked()) {
      return Shape.UNRANKED;
    }
    if (batchDims >= Math.min(data.rank(), indices.rank())) {
      throw new InvalidGraphException("attribute batch_dims: " + batchDims + " (expected: less than the axes of data "
          + data + " and indices " + indices + ")");
    }
    return SliceIndices.tuple(data, indices, (int) batchDims)
        .map(length -> indices.slice(0, indices.rank() - 1)
            .concat(data.slice((int) batchDims + length, data.rank())))
        .orElse(Shape.UNRANKED);
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    if (y.elementCount() == 0) {
      return;
    }
    long[] slices = SliceIndices.of(x.dims(), ctx.input(1), (int) batchDims);
    long size = SliceIndices.size(x.dims(), ctx.input(1), (int) batchDims);
    for (int i = 0; i < slices.length; i++) {
      ElementCopy.copy(x, slices[i] * size, y, i * size, size);
    }
  }
}
