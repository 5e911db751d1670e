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
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** x / sqrt(mean(x²) + epsilon) · scale, the mean taken over the axes from {@code axis} on. */
public record RMSNormalization(long axis, float epsilon, DType stashType) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  private static final TypeConstraint V = TypeConstraint.of("V", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("RMSNormalization")
      .since(23)
      .input("X", T)
      .input("scale", V)
      .output("Y", V)
      .attribute("axis", -1)
      .attribute("epsilon", 1e-5f)
      .attribute("stash_type", 1)
      .create(attributes -> new RMSNormalization(
          attributes.integer("axis", -1), attributes.real("epsilon", 1e-5f), Normalization.stashType(attributes)));

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
    if (x.shape().ranked()) {
      Axes.normalize(axis, x.shape().rank());
    }
    ShapeCheck.requireBroadcast(in, 1, "scale", x.shape());
    return List.of(x.withDType(in.tensor(1).dtype()));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    double[] values = x.toDoubles();
    int size = Normalization.innerSize(x.shape(), Axes.normalize(axis, x.rank()));
    int[] scale = Broadcast.indices(ctx.input(1), x);
    for (int start = 0; start < values.length; start += size) {
      double squares = 0;
      for (int i = start; i < start + size; i++) {
        squares += values[i] * values[i];
      }
      double root = Math.sqrt(squares / size + epsilon);
      for (int i = start; i < start + size; i++) {
        y.setDouble(i, values[i] / root * ctx.input(1).getDouble(scale[i]));
      }
    }
  }

  /** For each element: two operations for the mean square, one to divide, one to scale. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 4);
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
