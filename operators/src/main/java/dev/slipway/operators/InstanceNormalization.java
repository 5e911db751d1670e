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
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** Normalises each plane of N×C×…, then scales and shifts each channel. */
public record InstanceNormalization(float epsilon) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("InstanceNormalization")
      .since(22)
      .input("input", T)
      .input("scale", T)
      .input("B", T)
      .output("output", T)
      .attribute("epsilon", 1e-5f)
      .create(attributes -> new InstanceNormalization(attributes.real("epsilon", 1e-5f)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("epsilon", epsilon);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    if (x.ranked() && x.rank() < 2) {
      throw new InvalidGraphException("shape: " + x + " (expected: N×C×…)");
    }
    Normalization.checkPerChannel(in, 1, 2);
    return List.of(in.tensor(0));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    double[] values = x.toDoubles();
    Normalization.standardize(values, Normalization.innerSize(x.shape(), 2), epsilon);
    Normalization.putPerChannel(values, ctx.input(1), ctx.input(2), ctx.output(0));
  }

  /** For each element: one operation for the mean, three for the variance, and one each to divide, scale and shift. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 7);
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
