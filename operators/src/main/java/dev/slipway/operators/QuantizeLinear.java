package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * saturate(round(x / scale) + zero point), halves to the even number. The scale is one for all, one for each index of
 * the axis, or one for each block along it.
 *
 * @param blockSize elements of a block along the axis, 0 where there are no blocks
 * @param outputType number of the output's element type where there is no zero point, 0 for uint8
 * @param precision number of the type that the quotient is rounded to, 0 for that of the scale
 * @param saturate whether a float8 that is too large becomes the largest, rather than infinity or NaN
 */
public record QuantizeLinear(long axis, long blockSize, long outputType, long precision, boolean saturate)
    implements Op {
  private static final TypeConstraint T1 =
      TypeConstraint.of("T1", DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16, DType.FLOAT64, DType.INT32);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", Quantization.SCALES);
  private static final TypeConstraint T3 = TypeConstraint.of("T3", Quantization.QUANTIZED);
  static final OpDefinition DEFINITION = OpSchema.named("QuantizeLinear")
      .since(25)
      .input("x", T1)
      .input("y_scale", T2)
      .optionalInput("y_zero_point", T3)
      .output("y", T3)
      .attribute("axis", 1)
      .attribute("block_size", 0)
      .attribute("output_dtype", 0)
      .attribute("precision", 0)
      .attribute("saturate", 1)
      .create(attributes -> new QuantizeLinear(
          attributes.integer("axis", 1),
          attributes.integer("block_size", 0),
          attributes.integer("output_dtype", 0),
          attributes.integer("precision", 0),
          attributes.integer("saturate", 1) != 0));

  /** One scale and one zero point for all, or for each index of the axis. */
  public QuantizeLinear(long axis) {
    this(axis, 0, 0, 0, true);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("axis", axis)
        .with("block_size", blockSize)
        .with("output_dtype", outputType)
        .with("precision", precision)
        .with("saturate", saturate);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Quantization.checkScale(in.tensor(0).shape(), in.tensor(1).shape(), axis, blockSize);
    Quantization.checkZeroPoint(in, 2, in.tensor(1).shape());
    DType declared = outputType == 0 ? DType.UINT8 : attributes().dtype("output_dtype");
    DType dtype = in.has(2) ? in.tensor(2).dtype() : declared;
    if (outputType != 0 && dtype != declared) {
      throw new InvalidGraphException(
          "attribute output_dtype: " + declared + " (expected: " + dtype + ", as the zero point)");
    }
    if (!Quantization.QUANTIZED.contains(dtype)) {
      throw new InvalidGraphException("attribute output_dtype: " + dtype + " (expected: an integer of at most 16 bits "
          + "or a float of at most 8)");
    }
    return List.of(TensorType.of(dtype, in.tensor(0).shape()));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor scale = ctx.input(1);
    Optional<Tensor> zeroPoint = ctx.has(2) ? Optional.of(ctx.input(2)) : Optional.empty();
    Tensor y = ctx.output(0);
    DType rounding = precision == 0 ? scale.dtype() : attributes().dtype("precision");
    int[] scales = Quantization.scaleIndices(x.shape(), scale.shape(), axis, blockSize);
    for (int i = 0; i < scales.length; i++) {
      double quotient = Quantization.round(x.getDouble(i) / scale.getDouble(scales[i]), rounding);
      long zero = zeroPoint.isPresent() && y.dtype().isInteger() ? zeroPoint.get().getLong(scales[i]) : 0;
      Quantization.put(y, i, quotient, zero, saturate);
    }
  }

  /** A division, a rounding and an addition for each element. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 3);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return AxisFlow.identity(in.getFirst().shape());
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("it is itself the border to integers");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.EXACT;
  }
}
