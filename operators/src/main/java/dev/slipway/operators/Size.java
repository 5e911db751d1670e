package dev.slipway.operators;

import dev.slipway.graph.Cost;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** The number of elements of a tensor. */
public record Size() implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INT64 = TypeConstraint.of("T1", DType.INT64);
  static final OpDefinition DEFINITION =
      OpSchema.named("Size").since(25).input("data", T).output("size", INT64).create(attributes -> new Size());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(TensorType.of(DType.INT64));
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    Shape shape = in.tensor(0).shape();
    return shape.ranked() ? Optional.of(DimVector.scalar(shape.elements())) : Optional.empty();
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    ctx.output(0).setLong(0, ctx.input(0).elementCount());
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.ZERO;
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("the output is a count");
  }
}
