package dev.slipway.operators;

import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What products of bytes share. For each output channel c and each of its results
 *
 * <p>{@code sum = start[c] + sum of (x - zero point) * (w - zero point)}, in int32;
 *
 * <p>{@code y = fma((float) sum, scale[c], offset[c])}, in float32, rounded twice in all;
 *
 * <p>the scale being its product with that of x in float32 where this is an input, one or one for each row of a matrix,
 *
 * <p>which is the result, or {@link ByteRounding#round} of it is. So every kernel gives the same bits in any order.
 */
final class QuantizedProduct {
  private static final TypeConstraint BYTES = TypeConstraint.of("T1", DType.UINT8);
  private static final TypeConstraint WEIGHTS = TypeConstraint.of("T2", DType.INT8);
  private static final TypeConstraint REALS = TypeConstraint.of("T3", DType.FLOAT32);
  private static final TypeConstraint SUMS = TypeConstraint.of("T4", DType.INT32);
  private static final TypeConstraint RESULT = TypeConstraint.of("T5", DType.UINT8, DType.FLOAT32);
  private static final int SCALE = 2;
  private static final int X_SCALE = 5;
  private static final int X_ZERO_POINT = 6;

  private QuantizedProduct() {}

  static OpSchema.Builder declare(String name) {
    OpSchema.Builder schema = OpSchema.named("slipway", name)
        .input("x", BYTES)
        .input("w", WEIGHTS)
        .input("scale", REALS)
        .input("offset", REALS)
        .input("start", SUMS)
        .optionalInput("x_scale", REALS)
        .optionalInput("x_zero_point", BYTES)
        .output("y", RESULT)
        .attribute("x_zero_point", 0)
        .attribute("w_zero_point", 0);
    return ByteRounding.declare(schema);
  }

  /** @param rows what the scale of x may be instead of one number */
  static void checkChannels(InferenceContext in, Dim channels, Shape... rows) {
    for (int port = SCALE; port < X_SCALE; port++) {
      ShapeCheck.require("scale, offset and start", in.tensor(port).shape(), Shape.of(channels));
    }
    List<Shape> scales = new ArrayList<>(List.of(Shape.SCALAR, Shape.of(1)));
    scales.addAll(List.of(rows));
    ShapeCheck.require(in, X_SCALE, "x_scale", scales.toArray(Shape[]::new));
    ShapeCheck.requireSingle(in, X_ZERO_POINT, "x_zero_point");
  }

  /** Writes what becomes of sums of products; {@code inner} neighbours share a channel. */
  static void finish(ReferenceContext ctx, double[] sums, int inner, Optional<ByteRounding> rounding) {
    Tensor scale = ctx.input(SCALE);
    Tensor offset = ctx.input(SCALE + 1);
    Tensor start = ctx.input(SCALE + 2);
    Tensor y = ctx.output(0);
    float[] common = ctx.has(X_SCALE) ? ctx.input(X_SCALE).toFloats() : new float[] {1};
    int channels = Math.toIntExact(scale.elementCount());
    for (int i = 0; i < sums.length; i++) {
      int channel = i / inner % channels;
      int sum = (int) (start.getLong(channel) + (long) sums[i]);
      float own = (float) scale.getDouble(channel) * common[common.length == 1 ? 0 : i / channels];
      float steps = Math.fma((float) sum, own, (float) offset.getDouble(channel));
      y.setDouble(i, rounding.isPresent() ? rounding.get().round(steps) : steps);
    }
  }

  /** The activations less their zero point, which is an attribute or an input. */
  static double[] activations(ReferenceContext ctx, long zeroPoint) {
    return centered(ctx.input(0), ctx.has(X_ZERO_POINT) ? ctx.input(X_ZERO_POINT).getLong(0) : zeroPoint);
  }

  static double[] centered(Tensor tensor, long zeroPoint) {
    double[] values = tensor.toDoubles();
    for (int i = 0; i < values.length; i++) {
      values[i] -= zeroPoint;
    }
    return values;
  }
}
