package dev.slipway.operators;

import dev.slipway.graph.Attributes;
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

/**
 * A key-value cache with new entries written from an index on, one for each batch.
 *
 * @param axis the sequence axis; axis 0 is the batch
 * @param circular whether entries beyond the end go to the beginning
 */
public record TensorScatter(long axis, boolean circular) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  private static final TypeConstraint INT64 = TypeConstraint.of("write_indices", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("TensorScatter")
      .since(24)
      .input("past_cache", T)
      .input("update", T)
      .optionalInput("write_indices", INT64)
      .output("present_cache", T)
      .attribute("axis", -2)
      .attribute("mode", "linear")
      .create(attributes -> new TensorScatter(
          attributes.integer("axis", -2), circular(attributes.string("mode", "linear"))));

  private static boolean circular(String mode) {
    return switch (mode) {
      case "linear" -> false;
      case "circular" -> true;
      default -> throw new InvalidGraphException("attribute mode: " + mode + " (expected: linear or circular)");
    };
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("axis", axis).with("mode", circular ? "circular" : "linear");
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape cache = in.tensor(0).shape();
    Shape update = in.tensor(1).shape();
    if (cache.ranked() && update.ranked()) {
      int along = Axes.normalize(axis, cache.rank());
      if (along == 0 || update.rank() != cache.rank()) {
        throw new InvalidGraphException("update: " + update + " (expected: the axes of past_cache " + cache
            + ", the first one not axis " + axis + ")");
      }
      if (update.isKnown() && cache.isKnown() && !cache.with(along, update.dim(along)).equals(update)) {
        throw new InvalidGraphException("update: " + update + " (expected: past_cache " + cache + " but for axis "
            + along + ")");
      }
    }
    return List.of(in.tensor(0));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor update = ctx.input(1);
    Tensor y = ctx.output(0);
    y.copyFrom(ctx.input(0));
    int along = Axes.normalize(axis, y.rank());
    long size = y.dim(along);
    for (long batch = 0; batch < y.dim(0); batch++) {
      StridedView from = StridedView.of(update).slice(0, batch, 1, 1);
      StridedView to = StridedView.of(y).slice(0, batch, 1, 1);
      long first = ctx.has(2) ? ctx.input(2).getLong(batch) : 0;
      for (long i = 0; i < update.dim(along); i++) {
        long target = circular ? Math.floorMod(first + i, size) : Indices.normalize(first + i, size);
        from.slice(along, i, 1, 1).copyTo(to.slice(along, target, 1, 1));
      }
    }
  }
}
