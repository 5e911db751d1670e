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

/**
 * (x - zero point) · scale. The scale is one for all, one for each index of the axis, or one for each block along it.
 *
 * @param blockSize elements of a block along the axis, 0 where there are no blocks
 * @param outputType number of the output's element type, 0 for that of the scale
 */
public record DequantizeLinear(long axis, long blockSize, long outputType) implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", Quantization.quantizedAnd(DType.INT32));
  private static final TypeConstraint T2 = TypeConstraint.of("T2", Quantization.SCALES);
  private static final TypeConstraint T3 = TypeConstraint.of("T3", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("DequantizeLinear")
      .since(25)
      .input("x", T1)
      .input("x_scale", T2)
      .optionalInput("x_zero_point", T1)
      .output("y", T3)
      .attribute("axis", 1)
      .attribute("block_size", 0)
      .attribute("output_dtype", 0)
      .create(attributes -> new DequantizeLinear(
          attributes.integer("axis", 1), attributes.integer("block_size", 0), attributes.integer("output_dtype", 0)));

  /** One scale and one zero point for all, or for each index of the axis. */
  public DequantizeLinear(long axis) {
    this(axis, 0, 0);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("axis", axis).with("block_size", blockSize).with("output_dtype", outputType);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Quantization.checkScale(in.tensor(0).shape(), in.tensor(1).shape(), axis, blockSize);
    Quantization.checkZeroPoint(in, 2, in.tensor(1).shape());
    DType dtype = outputType == 0 ? in.tensor(1).dtype() : attributes().dtype("output_dtype");
    if (!DType.FLOATS.contains(dtype)) {
      throw new InvalidGraphException("attribute output_dtype: " + dtype + " (expected: a float of at least 16 bits)");
    }
    return List.of(TensorType.of(dtype, in.tensor(0).shape()));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor scale = ctx.input(1);
    Tensor y = ctx.output(0);
    int[] scales = Quantization.scaleIndices(x.shape(), scale.shape(), axis, blockSize);
    for (int i = 0; i < scales.length; i++) {
      double zero = ctx.has(2) ? ctx.input(2).getDouble(scales[i]) : 0;
      y.setDouble(i, (x.getDouble(i) - zero) * scale.getDouble(scales[i]));
    }
  }

  /** A subtraction and a multiplication for each element. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 2);
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
    return Tolerance.epsilons(1);
  }
}
