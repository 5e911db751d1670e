package dev.slipway.operators;

import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** The elements of the last axis at some positions; a vector becomes a matrix of one row. */
public record ArrayFeatureExtractor() implements Op {
  private static final TypeConstraint T =
      TypeConstraint.of("T", DType.FLOAT32, DType.FLOAT64, DType.INT64, DType.INT32);
  static final OpDefinition DEFINITION = OpSchema.named("ai.onnx.ml", "ArrayFeatureExtractor")
      .since(1)
      .input("X", T)
      .input("Y", TypeConstraint.of("indices", DType.INT64))
      .output("Z", T)
      .create(attributes -> new ArrayFeatureExtractor());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    Shape positions = in.tensor(1).shape();
    if (!x.ranked()) {
      return List.of(in.tensor(0));
    }
    if (x.rank() == 0) {
      throw new InvalidGraphException("X: a scalar (expected: at least one axis)");
    }
    Dim count = positions.ranked() ? positions.elements() : in.freshDim("count");
    Shape rows = x.rank() == 1 ? Shape.of(Dim.ONE) : x.slice(0, x.rank() - 1);
    return List.of(in.tensor(0).withShape(rows.concat(Shape.of(count))));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor z = ctx.output(0);
    long width = x.dim(-1);
    long[] positions = ctx.input(1).toLongs();
    for (long position : positions) {
      if (position < 0 || position >= width) {
        throw new SlipwayException("position: " + position + " (expected: 0 to " + (width - 1) + ")");
      }
    }
    long to = 0;
    for (long row = 0; row < x.elementCount(); row += width) {
      for (long position : positions) {
        if (x.dtype().isFloat()) {
          z.setDouble(to++, x.getDouble(row + position));
        } else {
          z.setLong(to++, x.getLong(row + position));
        }
      }
    }
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.movement(in, out);
  }
}
