package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/** The slices of an axis, or the elements of the flat tensor, for which a condition holds. */
public record Compress(OptionalLong axis) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint BOOL = TypeConstraint.of("T1", DType.BOOL);
  static final OpDefinition DEFINITION = OpSchema.named("Compress")
      .since(11)
      .input("input", T)
      .input("condition", BOOL)
      .output("output", T)
      .attribute("axis", Kind.INT)
      .create(attributes -> new Compress(
          attributes.has("axis") ? OptionalLong.of(attributes.integer("axis")) : OptionalLong.empty()));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return axis.isPresent() ? Attributes.of("axis", axis.getAsLong()) : Attributes.NONE;
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    Dim count = in.constant(1).map(condition -> Dim.of(chosen(condition).length)).orElseGet(() -> in.freshDim("count"));
    if (axis.isEmpty()) {
      return List.of(TensorType.of(in.tensor(0).dtype(), Shape.of(count)));
    }
    return List.of(TensorType.of(in.tensor(0).dtype(),
        x.ranked() ? x.with(Axes.normalize(axis.getAsLong(), x.rank()), count) : x));
  }

  private static long[] chosen(Tensor condition) {
    return LongStream.range(0, condition.elementCount()).filter(condition::getBoolean).toArray();
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    StridedView from = axis.isPresent() ? StridedView.of(x) : StridedView.of(x, x.elementCount());
    int along = axis.isPresent() ? Axes.normalize(axis.getAsLong(), x.rank()) : 0;
    long size = axis.isPresent() ? x.dim(along) : x.elementCount();
    long[] chosen = chosen(ctx.input(1));
    StridedView to = StridedView.of(ctx.output(0));
    for (int i = 0; i < chosen.length; i++) {
      long source = Indices.normalize(chosen[i], size);
      from.slice(along, source, 1, 1).copyTo(to.slice(along, i, 1, 1));
    }
  }
}
