package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/**
 * Rotates pairs of each head's elements by the angle of the position: X is batch×heads×sequence×size or
 * batch×sequence×(heads·size); the caches hold rotated/2 numbers for each position of the sequence, or for each one
 * that {@code position_ids} can name.
 *
 * @param interleaved whether a pair is two neighbours rather than an element of each half
 * @param heads the number of heads of a three-dimensional X
 * @param rotated how many elements of a head rotate, 0 for all
 */
public record RotaryEmbedding(boolean interleaved, long heads, long rotated) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16);
  private static final TypeConstraint M = TypeConstraint.of("M", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("RotaryEmbedding")
      .since(23)
      .input("X", T)
      .input("cos_cache", T)
      .input("sin_cache", T)
      .optionalInput("position_ids", M)
      .output("Y", T)
      .attribute("interleaved", 0)
      .attribute("num_heads", 0)
      .attribute("rotary_embedding_dim", 0)
      .create(attributes -> new RotaryEmbedding(
          attributes.flag("interleaved"),
          attributes.integer("num_heads", 0),
          attributes.integer("rotary_embedding_dim", 0)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("interleaved", interleaved).with("num_heads", heads).with("rotary_embedding_dim", rotated);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    if (x.ranked() && x.rank() != 4 && (x.rank() != 3 || heads < 1)) {
      throw new InvalidGraphException("shape: " + x + " (expected: rank 4, or rank 3 and num_heads > 0)");
    }
    if (x.ranked()) {
      checkAngles(in, x);
    }
    return List.of(in.tensor(0));
  }

  private void checkAngles(InferenceContext in, Shape x) {
    Dim size = x.rank() == 3 ? x.dim(2).floorDiv(heads) : x.dim(3);
    if (size instanceof Dim.Known(long s) && (rotated > s || (rotated == 0 ? s : rotated) % 2 != 0)) {
      throw new InvalidGraphException("attribute rotary_embedding_dim: " + rotated
          + " (expected: an even number up to the head size " + s + ")");
    }
    Dim half = rotated == 0 ? size.floorDiv(2) : Dim.of(rotated / 2);
    Dim sequence = x.dim(x.rank() == 3 ? 1 : 2);
    Shape perToken = Shape.of(x.dim(0), sequence, half);
    Shape caches = in.has(3) ? Shape.of(in.freshDim("positions"), half) : perToken;
    ShapeCheck.require(in, 1, "cos_cache", caches);
    ShapeCheck.require(in, 2, "sin_cache", in.has(3) ? in.tensor(1).shape() : perToken);
    ShapeCheck.require(in, 3, "position_ids", Shape.of(x.dim(0), sequence));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    boolean packed = x.rank() == 3;
    int sequence = (int) x.dim(packed ? 1 : 2);
    int headCount = (int) (packed ? heads : x.dim(1));
    int size = (int) (packed ? x.dim(2) / heads : x.dim(3));
    int half = (int) (rotated == 0 ? size : rotated) / 2;
    double[] values = x.toDoubles();
    for (int row = 0; size > 0 && row < values.length / size; row++) {
      int token = packed ? row / headCount : row / (headCount * sequence) * sequence + row % sequence;
      int angle = (int) (ctx.has(3) ? position(ctx, token) : token) * half;
      rotate(values, row * size, half, ctx.input(1), ctx.input(2), angle);
    }
    y.set(values);
  }

  private static long position(ReferenceContext ctx, int token) {
    long position = ctx.input(3).getLong(token);
    if (position < 0 || position >= ctx.input(1).dim(0)) {
      throw new SlipwayException("position: " + position + " (expected: 0 to " + (ctx.input(1).dim(0) - 1) + ")");
    }
    return position;
  }

  private void rotate(double[] values, int start, int half, Tensor cos, Tensor sin, int angle) {
    for (int i = 0; i < half; i++) {
      int first = start + (interleaved ? 2 * i : i);
      int second = interleaved ? first + 1 : first + half;
      double real = values[first];
      double imaginary = values[second];
      double c = cos.getDouble(angle + i);
      double s = sin.getDouble(angle + i);
      values[first] = c * real - s * imaginary;
      values[second] = s * real + c * imaginary;
    }
  }

  /** Three operations for each element that rotates. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape x = in.getFirst().shape();
    if (!x.ranked() || rotated == 0) {
      return Cost.elementwise(in, out, 3);
    }
    Dim rows = x.rank() == 3 ? x.dim(0).times(x.dim(1)).times(heads) : x.slice(0, 3).elements();
    return Cost.of(rows.times(3 * rotated), in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return AxisFlow.identity(in.getFirst().shape());
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.epsilons(4);
  }
}
