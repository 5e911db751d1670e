package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** The data with elements updated: those at the positions of the indices but for one axis, where an index chooses. */
public record ScatterElements(long axis, ScatterReduction reduction) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INDEX = TypeConstraint.of("Tind", DType.INDICES);
  static final OpDefinition DEFINITION = OpSchema.named("ScatterElements")
      .since(18)
      .input("data", T)
      .input("indices", INDEX)
      .input("updates", T)
      .output("output", T)
      .attribute("axis", 0)
      .attribute("reduction", "none")
      .create(attributes -> new ScatterElements(
          attributes.integer("axis", 0),
          Modes.of(ScatterReduction.class, "reduction", attributes.string("reduction", "none"))));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("axis", axis).with("reduction", Modes.text(reduction));
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape data = in.tensor(0).shape();
    Shape indices = in.tensor(1).shape();
    Shape updates = in.tensor(2).shape();
    if (data.ranked() && indices.ranked()) {
      Axes.normalize(axis, data.rank());
      ElementIndices.requireRank(data, indices);
    }
    if (indices.isKnown() && updates.isKnown() && !indices.equals(updates)) {
      throw new InvalidGraphException("updates: " + updates + " (expected: the shape of the indices, " + indices + ")");
    }
    return List.of(in.tensor(0));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor y = ctx.output(0);
    y.copyFrom(ctx.input(0));
    long[] targets = ElementIndices.of(y.dims(), ctx.input(1), axis);
    for (int i = 0; i < targets.length; i++) {
      reduction.apply(y, targets[i], ctx.input(2), i);
    }
  }

  @Override
  public QuantizationRule quantization() {
    return reduction.quantization();
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return reduction.tolerance(dtype);
  }
}
