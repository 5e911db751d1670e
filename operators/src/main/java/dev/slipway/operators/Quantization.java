package dev.slipway.operators;

import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.MiniFloat;
import dev.slipway.tensor.Rounding;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.Set;

/** What the operators on quantised numbers share. */
final class Quantization {
  /** The types that hold quantised numbers. */
  static final Set<DType> QUANTIZED = Set.of(
      DType.INT8, DType.UINT8, DType.INT16, DType.UINT16, DType.INT4, DType.UINT4, DType.INT2, DType.UINT2,
      DType.FLOAT8E4M3FN, DType.FLOAT8E4M3FNUZ, DType.FLOAT8E5M2, DType.FLOAT8E5M2FNUZ, DType.FLOAT4E2M1);

  /** The types that scales have. */
  static final Set<DType> SCALES =
      Set.of(DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16, DType.FLOAT64, DType.FLOAT8E8M0, DType.INT32);

  private Quantization() {}

  /** The quantised types and more. */
  static Set<DType> quantizedAnd(DType... more) {
    Set<DType> all = EnumSet.copyOf(QUANTIZED);
    all.addAll(Set.of(more));
    return all;
  }

  /**
   * The index of the scale of each element: one for all, one for each index of an axis, or one for each block along
   * that axis.
   */
  static int[] scaleIndices(Shape shape, Shape scale, long axis, long blockSize) {
    long[] dims = shape.known();
    int[] indices = new int[Math.toIntExact(Shape.product(dims))];
    if (scale.elementCount() == 1 && blockSize == 0) {
      return indices;
    }
    int at = Axes.normalize(axis, dims.length);
    int inner = Normalization.innerSize(shape, at + 1);
    int size = (int) dims[at];
    int block = blockSize == 0 ? 1 : Math.toIntExact(blockSize);
    int blocks = Math.ceilDiv(size, block);
    for (int i = 0; i < indices.length; i++) {
      int along = i / inner % size / block;
      indices[i] = blockSize == 0 ? along : (i / inner / size * blocks + along) * inner + i % inner;
    }
    return indices;
  }

  /** Refuses a scale that fits neither the whole tensor, nor the axis, nor the blocks along it. */
  static void checkScale(Shape shape, Shape scale, long axis, long blockSize) {
    if (blockSize < 0) {
      throw new InvalidGraphException("attribute block_size: " + blockSize + " (expected: >= 0)");
    }
    if (!shape.ranked() || !scale.ranked()) {
      return;
    }
    boolean perTensor = scale.rank() == 0 || scale.rank() == 1 && scale.dim(0).is(1);
    if (perTensor && blockSize == 0) {
      return;
    }
    Shape expected;
    int at = Axes.normalize(axis, shape.rank());
    if (blockSize == 0) {
      expected = Shape.of(shape.dim(at));
    } else {
      expected = shape.with(at, shape.dim(at).ceilDiv(blockSize));
    }
    boolean fits = scale.rank() == expected.rank();
    for (int i = 0; fits && i < scale.rank(); i++) {
      boolean known = scale.dim(i) instanceof Dim.Known && expected.dim(i) instanceof Dim.Known;
      fits = !known || scale.dim(i).equals(expected.dim(i));
    }
    if (!fits) {
      throw new InvalidGraphException("shape of the scale: " + scale + " (expected: " + expected + " for " + shape
          + ", axis " + axis + ", block_size " + blockSize + ")");
    }
  }

  /** Refuses a zero point that does not go with the scale. */
  static void checkZeroPoint(InferenceContext in, int port, Shape scale) {
    boolean single = scale.ranked() && (scale.rank() == 0 || scale.rank() == 1 && scale.dim(0).is(1));
    if (single) {
      ShapeCheck.requireSingle(in, port, "the zero point");
    } else {
      ShapeCheck.require(in, port, "the zero point", scale);
    }
  }

  /** A value as the nearest one that a floating-point type has. */
  static double round(double value, DType precision) {
    return switch (precision) {
      case FLOAT32 -> (float) value;
      case FLOAT16 -> Float.float16ToFloat(Rounding.toFloat16(value));
      case BFLOAT16 -> Float.intBitsToFloat(Rounding.toBFloat16(value) << 16);
      default -> value;
    };
  }

  /**
   * Writes a quotient as a quantised number: integers round half to even and saturate, floats round to the nearest.
   *
   * @param saturate whether a float that is too large becomes the largest, rather than infinity or NaN
   */
  static void put(Tensor y, long index, double quotient, long zeroPoint, boolean saturate) {
    DType dtype = y.dtype();
    if (dtype.isInteger()) {
      y.setLong(index, saturated(Math.rint(quotient) + zeroPoint, dtype));
    } else if (dtype.bits() == 8) {
      y.data().set(ValueLayout.JAVA_BYTE, index, (byte) MiniFloat.of(dtype).encode(quotient, saturate));
    } else {
      y.setDouble(index, quotient);
    }
  }

  /** The nearest number that an integer type of at most 32 bits has; NaN becomes 0. */
  static long saturated(double value, DType dtype) {
    return (long) Math.clamp(value, (double) dtype.minValue(), (double) dtype.maxValue());
  }
}
