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
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The middle of each listed axis, or the axis in the middle of zeros. */
public record CenterCropPad(List<Long> axes) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INDEX = TypeConstraint.of("Tind", DType.INDICES);
  static final OpDefinition DEFINITION = OpSchema.named("CenterCropPad")
      .since(18)
      .input("input_data", T)
      .input("shape", INDEX)
      .output("output_data", T)
      .attribute("axes", Kind.INTS)
      .create(attributes -> new CenterCropPad(attributes.integers("axes", List.of())));

  public CenterCropPad {
    axes = List.copyOf(axes);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return axes.isEmpty() ? Attributes.NONE : Attributes.of("axes", axes);
  }

  private int[] listed(int rank) {
    return axes.isEmpty()
        ? IntStream.range(0, rank).toArray()
        : Axes.normalize(axes.stream().mapToLong(Long::longValue).toArray(), rank);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    if (!x.ranked()) {
      return List.of(in.tensor(0));
    }
    int[] listed = listed(x.rank());
    Optional<DimVector> sizes = ShapeInput.dims(in, 1);
    if (sizes.isEmpty()) {
      return List.of(TensorType.of(in.tensor(0).dtype(), ShapeInput.fresh(in, x, listed)));
    }
    if (sizes.get().values().size() != listed.length) {
      throw new InvalidGraphException("shape: " + sizes.get().values() + " (expected: " + listed.length + " numbers)");
    }
    Shape y = x;
    for (int i = 0; i < listed.length; i++) {
      y = y.with(listed[i], sizes.get().values().get(i));
    }
    return List.of(TensorType.of(in.tensor(0).dtype(), y));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    StridedView from = StridedView.of(x);
    StridedView to = StridedView.of(y);
    ElementCopy.clear(y);
    for (int axis : listed(x.rank())) {
      long common = Math.min(x.dim(axis), y.dim(axis));
      from = from.slice(axis, (x.dim(axis) - common) / 2, 1, common);
      to = to.slice(axis, (y.dim(axis) - common) / 2, 1, common);
    }
    from.copyTo(to);
  }
}
