package dev.slipway.operators;

import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.Optional;

/**
 * What products of bytes share. For each output channel c and each of its results
 *
 * <p>{@code sum = start[c] + sum of (x - zero point) * w}, in int32;
 *
 * <p>{@code y = fma((float) sum, scale[c], offset[c])}, in float32, rounded twice in all;
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

  private QuantizedProduct() {}

  static OpSchema.Builder declare(String name) {
    OpSchema.Builder schema = OpSchema.named("slipway", name)
        .input("x", BYTES)
        .input("w", WEIGHTS)
        .input("scale", REALS)
        .input("offset", REALS)
        .input("start", SUMS)
        .output("y", RESULT)
        .attribute("x_zero_point", 0);
    return ByteRounding.declare(schema);
  }

  static void checkChannels(InferenceContext in, Dim channels) {
    for (int port = SCALE; port < in.inputCount(); port++) {
      ShapeCheck.require("scale, offset and start", in.tensor(port).shape(), Shape.of(channels));
    }
  }

  /** Writes what becomes of sums of products; {@code inner} neighbours share a channel. */
  static void finish(ReferenceContext ctx, double[] sums, int inner, Optional<ByteRounding> rounding) {
    Tensor scale = ctx.input(SCALE);
    Tensor offset = ctx.input(SCALE + 1);
    Tensor start = ctx.input(SCALE + 2);
    Tensor y = ctx.output(0);
    int channels = Math.toIntExact(scale.elementCount());
    for (int i = 0; i < sums.length; i++) {
      int channel = i / inner % channels;
      int sum = (int) (start.getLong(channel) + (long) sums[i]);
      float steps = Math.fma((float) sum, (float) scale.getDouble(channel), (float) offset.getDouble(channel));
      y.setDouble(i, rounding.isPresent() ? rounding.get().round(steps) : steps);
    }
  }

  static double[] centered(Tensor x, long zeroPoint) {
    double[] values = x.toDoubles();
    for (int i = 0; i < values.length; i++) {
      values[i] -= zeroPoint;
    }
    return values;
  }
}
