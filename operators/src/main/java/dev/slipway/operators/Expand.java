package dev.slipway.operators;

import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** Numpy broadcasting of a tensor against a shape. */
public record Expand() implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INT64 = TypeConstraint.of("shape", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("Expand")
      .since(13)
      .input("input", T)
      .input("shape", INT64)
      .output("output", T)
      .create(attributes -> new Expand());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape shape = Broadcast.shape(in.tensor(0).shape(), ShapeInput.of(in, 1));
    return List.of(TensorType.of(in.tensor(0).dtype(), shape));
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    Optional<DimVector> values = in.dims(0);
    Optional<long[]> shape = in.integers(1);
    if (values.isEmpty() || shape.isEmpty() || shape.get().length > 1) {
      return Optional.empty();
    }
    return values.get().values().size() == 1 && shape.get().length == 1
        ? DimArithmetic.repeat(values.get().values(), shape.get())
        : values;
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor y = ctx.output(0);
    StridedView.of(ctx.input(0)).broadcast(y.dims()).copyTo(StridedView.of(y));
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return new AxisFlow.Opaque("the shape is an input");
  }
}
