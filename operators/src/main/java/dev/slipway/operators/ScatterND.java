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
import java.util.Optional;

/** The data with some slices updated: those that index tuples, the last axis of the indices, name. */
public record ScatterND(ScatterReduction reduction) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INT64 = TypeConstraint.of("indices", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("ScatterND")
      .since(18)
      .input("data", T)
      .input("indices", INT64)
      .input("updates", T)
      .output("output", T)
      .attribute("reduction", "none")
      .create(attributes -> new ScatterND(
          Modes.of(ScatterReduction.class, "reduction", attributes.string("reduction", "none"))));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("reduction", Modes.text(reduction));
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape data = in.tensor(0).shape();
    Shape indices = in.tensor(1).shape();
    Shape updates = in.tensor(2).shape();
    if (data.ranked() && indices.ranked()) {
      Optional<Integer> tuple = SliceIndices.tuple(data, indices, 0);
      tuple.ifPresent(length -> requireUpdates(
          updates, indices.slice(0, indices.rank() - 1).concat(data.slice(length, data.rank()))));
    }
    return List.of(in.tensor(0));
  }

  private static void requireUpdates(Shape updates, Shape expected) {
    if (updates.isKnown() && expected.isKnown() && !updates.equals(expected)) {
      throw new InvalidGraphException("updates: " + updates + " (expected: " + expected + ")");
    }
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor y = ctx.output(0);
    y.copyFrom(ctx.input(0));
    if (ctx.input(2).elementCount() == 0) {
      return;
    }
    long[] slices = SliceIndices.of(y.dims(), ctx.input(1), 0);
    long size = SliceIndices.size(y.dims(), ctx.input(1), 0);
    for (int i = 0; i < slices.length; i++) {
      for (long k = 0; k < size; k++) {
        reduction.apply(y, slices[i] * size + k, ctx.input(2), i * size + k);
      }
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
