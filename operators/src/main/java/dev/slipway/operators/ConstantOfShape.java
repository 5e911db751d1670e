package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** A tensor of a given shape, all of whose elements are one value. */
public record ConstantOfShape(Tensor value) implements DataMovement {
  private static final TypeConstraint INT64 = TypeConstraint.of("T1", DType.INT64);
  private static final TypeConstraint T = TypeConstraint.of("T2", DType.ALL);
  static final OpDefinition DEFINITION = OpSchema.named("ConstantOfShape")
      .since(25)
      .input("input", INT64)
      .output("output", T)
      .attribute("value", Kind.TENSOR)
      .create(attributes -> new ConstantOfShape(
          attributes.find("value", Tensor.class).orElseGet(() -> Tensor.of(new float[1], 1))));

  public ConstantOfShape {
    if (value.elementCount() != 1) {
      throw new InvalidGraphException("attribute value: " + value.type() + " (expected: one element)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("value", value);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(TensorType.of(value.dtype(), ShapeInput.of(in, 0)));
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    Optional<long[]> shape = in.integers(0);
    if (!value.dtype().isInteger() || shape.isEmpty() || shape.get().length > 1) {
      return Optional.empty();
    }
    return DimArithmetic.repeat(List.of(Dim.of(value.getLong(0))), shape.get());
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    ElementCopy.fill(ctx.output(0), value);
  }
}
