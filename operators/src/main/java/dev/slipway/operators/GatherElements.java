package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Cost;
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

/** At each position the element of that position but for one axis, on which an index chooses. */
public record GatherElements(long axis) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INDEX = TypeConstraint.of("Tind", DType.INDICES);
  static final OpDefinition DEFINITION = OpSchema.named("GatherElements")
      .since(13)
      .input("data", T)
      .input("indices", INDEX)
      .output("output", T)
      .attribute("axis", 0)
      .create(attributes -> new GatherElements(attributes.integer("axis", 0)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("axis", axis);
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.selection(in, out);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape data = in.tensor(0).shape();
    Shape indices = in.tensor(1).shape();
    if (data.ranked() && indices.ranked()) {
      Axes.normalize(axis, data.rank());
      ElementIndices.requireRank(data, indices);
    }
    return List.of(TensorType.of(in.tensor(0).dtype(), indices));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor y = ctx.output(0);
    long[] sources = ElementIndices.of(ctx.input(0).dims(), ctx.input(1), axis);
    for (int i = 0; i < sources.length; i++) {
      ElementCopy.copy(ctx.input(0), sources[i], y, i);
    }
  }
}
