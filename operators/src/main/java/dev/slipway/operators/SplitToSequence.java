package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Parts of a tensor along an axis as a sequence: of one size (the last one smaller), of given sizes, or of size 1.
 *
 * @param keepDims whether parts of size 1, where no size is given, keep the axis
 */
public record SplitToSequence(long axis, boolean keepDims) implements DataMovement {
  static final OpDefinition DEFINITION = OpSchema.named("SplitToSequence")
      .since(24)
      .input("input", Sequences.T)
      .optionalInput("split", Sequences.I)
      .output("output_sequence", Sequences.S)
      .attribute("axis", 0)
      .attribute("keepdims", 1)
      .create(attributes -> new SplitToSequence(
          attributes.integer("axis", 0), attributes.integer("keepdims", 1) != 0));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("axis", axis).with("keepdims", keepDims);
  }

  @Override
  public List<ValueType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    return List.of(new ValueType.SequenceType(TensorType.of(in.tensor(0).dtype(), x.ranked() ? part(in, x) : x)));
  }

  private Shape part(InferenceContext in, Shape x) {
    int along = Axes.normalize(axis, x.rank());
    if (in.has(1)) {
      return x.with(along, in.freshDim("part"));
    }
    return keepDims ? x.with(along, Dim.ONE) : x.slice(0, along).concat(x.slice(along + 1, x.rank()));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    int along = Axes.normalize(axis, x.rank());
    List<Tensor> parts = new ArrayList<>();
    long start = 0;
    for (long size : sizes(ctx, x.dim(along))) {
      parts.add(ctx.has(1) || keepDims
          ? TensorParts.part(x, along, start, size)
          : TensorParts.element(x, along, start));
      start += size;
    }
    if (start != x.dim(along)) {
      throw new SlipwayException("split: a sum of " + start + " (expected: " + x.dim(along) + ")");
    }
    ctx.set(0, Sequences.of(parts));
  }

  private static long[] sizes(ReferenceContext ctx, long total) {
    if (ctx.has(1) && ctx.input(1).rank() > 0) {
      return ctx.input(1).toLongs();
    }
    long size = ctx.has(1) ? ctx.input(1).getLong(0) : 1;
    if (size < 1) {
      throw new SlipwayException("split: " + size + " (expected: >= 1)");
    }
    return LongStream.range(0, Math.ceilDiv(total, size)).map(i -> Math.min(size, total - i * size)).toArray();
  }
}
