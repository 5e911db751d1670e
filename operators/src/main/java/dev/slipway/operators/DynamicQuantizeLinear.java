package dev.slipway.operators;

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
 * Quantises to uint8 with the scale and the zero point that the tensor's own range, widened to hold 0, gives. A tensor
 * of zeros has scale 1.
 */
public record DynamicQuantizeLinear() implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.FLOAT32);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.UINT8);
  static final OpDefinition DEFINITION = OpSchema.named("DynamicQuantizeLinear")
      .since(11)
      .input("x", T1)
      .output("y", T2)
      .output("y_scale", T1)
      .output("y_zero_point", T2)
      .create(attributes -> new DynamicQuantizeLinear());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    return List.of(
        TensorType.of(DType.UINT8, in.tensor(0).shape()),
        TensorType.of(DType.FLOAT32, Shape.SCALAR),
        TensorType.of(DType.UINT8, Shape.SCALAR));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    float[] x = ctx.input(0).toFloats();
    float min = 0;
    float max = 0;
    for (float value : x) {
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    float scale = max == min ? 1 : (max - min) / 255;
    long zeroPoint = Quantization.saturated(Math.rint(-min / scale), DType.UINT8);
    Tensor y = ctx.output(0);
    for (int i = 0; i < x.length; i++) {
      Quantization.put(y, i, x[i] / scale, zeroPoint, true);
    }
    if (ctx.wants(1)) {
      ctx.output(1).setDouble(0, scale);
    }
    if (ctx.wants(2)) {
      ctx.output(2).setLong(0, zeroPoint);
    }
  }

  /** Two comparisons, a division, a rounding and an addition for each element. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 5);
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
