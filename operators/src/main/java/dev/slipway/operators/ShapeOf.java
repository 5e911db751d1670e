package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.Cost;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * ONNX {@code Shape}: the dimensions of a tensor, axes from start to end (exclusive).
 *
 * @param end empty for the last axis included
 */
public record ShapeOf(long start, OptionalLong end) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INT64 = TypeConstraint.of("T1", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("Shape")
      .since(25)
      .input("data", T)
      .output("shape", INT64)
      .attribute("end", Kind.INT)
      .attribute("start", 0)
      .create(attributes -> new ShapeOf(
          attributes.integer("start", 0),
          attributes.has("end") ? OptionalLong.of(attributes.integer("end")) : OptionalLong.empty()));

  /** The whole shape. */
  public ShapeOf() {
    this(0, OptionalLong.empty());
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    Attributes attributes = Attributes.of("start", start);
    return end.isPresent() ? attributes.with("end", end.getAsLong()) : attributes;
  }

  private List<Dim> part(Shape shape) {
    int from = clamp(start, shape.rank());
    int to = clamp(end.orElse(shape.rank()), shape.rank());
    return from < to ? shape.dims().subList(from, to) : List.of();
  }

  private static int clamp(long axis, int rank) {
    return (int) Math.max(0, Math.min(rank, axis < 0 ? axis + rank : axis));
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape shape = in.tensor(0).shape();
    Dim length = shape.ranked() ? Dim.of(part(shape).size()) : in.freshDim("rank");
    return List.of(TensorType.of(DType.INT64, Shape.of(length)));
  }

  @Override
  public Optional<DimVector> inferDims(InferenceContext in) {
    Shape shape = in.tensor(0).shape();
    return shape.ranked() ? Optional.of(DimVector.of(part(shape))) : Optional.empty();
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    ctx.output(0).set(Shape.of(part(ctx.shape(0))).known());
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.ZERO;
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("the output is a shape");
  }
}
