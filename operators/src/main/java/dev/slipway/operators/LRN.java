package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
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
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/**
 * Local response normalisation over channels of N×C×…: x / (bias + alpha / size · Σ x²)^beta, the sum over the
 * {@code size} channels around.
 */
public record LRN(float alpha, float beta, float bias, long size) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("LRN")
      .since(13)
      .input("X", T)
      .output("Y", T)
      .attribute("alpha", 1e-4f)
      .attribute("beta", 0.75f)
      .attribute("bias", 1f)
      .requiredAttribute("size", Kind.INT)
      .create(attributes -> new LRN(
          attributes.real("alpha", 1e-4f),
          attributes.real("beta", 0.75f),
          attributes.real("bias", 1),
          attributes.integer("size")));

  public LRN {
    if (size < 1) {
      throw new InvalidGraphException("attribute size: " + size + " (expected: >= 1)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("alpha", alpha).with("beta", beta).with("bias", bias).with("size", size);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    if (x.ranked() && x.rank() < 2) {
      throw new InvalidGraphException("shape: " + x + " (expected: N×C×…)");
    }
    return List.of(in.tensor(0));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    double[] values = x.toDoubles();
    int channels = (int) x.dim(1);
    int plane = Normalization.innerSize(x.shape(), 2);
    Tensor y = ctx.output(0);
    for (int i = 0; i < values.length; i++) {
      int c = i / plane % channels;
      int first = (int) Math.max(0, c - (size - 1) / 2);
      int last = (int) Math.min(channels - 1, c + size / 2);
      double squares = 0;
      for (int other = first; other <= last; other++) {
        double value = values[i + (other - c) * plane];
        squares += value * value;
      }
      y.setDouble(i, values[i] / Math.pow(bias + alpha / (double) size * squares, beta));
    }
  }

  /** For each element two operations for each channel around, and four for the rest. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, Math.toIntExact(2 * size + 4));
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return AxisFlow.identity(in.getFirst().shape());
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.epsilons(16);
  }
}
