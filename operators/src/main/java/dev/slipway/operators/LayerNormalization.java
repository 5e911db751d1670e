package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
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

/**
 * (x - mean) / sqrt(variance + epsilon) · Scale + B, the moments taken over the axes from {@code axis} on.
 *
 * @param stashType the type of the outputs Mean and InvStdDev
 */
public record LayerNormalization(long axis, float epsilon, DType stashType) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  private static final TypeConstraint U = TypeConstraint.of("U", DType.FLOAT32, DType.BFLOAT16);
  static final OpDefinition DEFINITION = OpSchema.named("LayerNormalization")
      .since(17)
      .input("X", T)
      .input("Scale", T)
      .optionalInput("B", T)
      .output("Y", T)
      .optionalOutput("Mean", U)
      .optionalOutput("InvStdDev", U)
      .attribute("axis", -1)
      .attribute("epsilon", 1e-5f)
      .attribute("stash_type", 1)
      .create(attributes -> new LayerNormalization(
          attributes.integer("axis", -1),
          attributes.real("epsilon", 1e-5f),
          Normalization.stashType(attributes)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("axis", axis).with("epsilon", epsilon).with("stash_type", stashType);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    TensorType x = in.tensor(0);
    Shape moments = x.shape().ranked()
        ? Normalization.reduced(x.shape(), Axes.normalize(axis, x.shape().rank()))
        : Shape.UNRANKED;
    ShapeCheck.requireBroadcast(in, 1, "Scale", x.shape());
    ShapeCheck.requireBroadcast(in, 2, "B", x.shape());
    return List.of(x, TensorType.of(stashType, moments), TensorType.of(stashType, moments));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    double[] values = x.toDoubles();
    int size = Normalization.innerSize(x.shape(), Axes.normalize(axis, x.rank()));
    Normalization.Moments moments = Normalization.standardize(values, size, epsilon);
    int[] scale = Broadcast.indices(ctx.input(1), x);
    int[] bias = ctx.has(2) ? Broadcast.indices(ctx.input(2), x) : new int[0];
    for (int i = 0; i < values.length; i++) {
      double scaled = values[i] * ctx.input(1).getDouble(scale[i]);
      y.setDouble(i, ctx.has(2) ? scaled + ctx.input(2).getDouble(bias[i]) : scaled);
    }
    if (ctx.wants(1)) {
      ctx.output(1).set(moments.mean());
    }
    if (ctx.wants(2)) {
      ctx.output(2).set(moments.inverseDeviation());
    }
  }

  /** For each element: one operation for the mean, three for the variance, one to divide, one for Scale, one for B. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, in.size() > 2 ? 7 : 6);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return AxisFlow.identity(in.getFirst().shape());
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("its moments need the range of floating point");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(1024);
  }
}
