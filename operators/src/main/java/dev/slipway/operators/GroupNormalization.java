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
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** Normalises each image's groups of adjacent channels of N×C×…, then scales and shifts each channel. */
public record GroupNormalization(long groups, float epsilon, DType stashType) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("GroupNormalization")
      .since(21)
      .input("X", T)
      .input("scale", T)
      .input("bias", T)
      .output("Y", T)
      .attribute("epsilon", 1e-5f)
      .requiredAttribute("num_groups", Kind.INT)
      .attribute("stash_type", 1)
      .create(attributes -> new GroupNormalization(
          attributes.integer("num_groups"), attributes.real("epsilon", 1e-5f), Normalization.stashType(attributes)));

  public GroupNormalization {
    if (groups < 1) {
      throw new InvalidGraphException("attribute num_groups: " + groups + " (expected: >= 1)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("epsilon", epsilon).with("num_groups", groups).with("stash_type", stashType);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    if (x.ranked() && (x.rank() < 2 || x.dim(1) instanceof Dim.Known(long c) && c % groups != 0)) {
      throw new InvalidGraphException("shape: " + x + " (expected: N×C×… with C a multiple of " + groups + " groups)");
    }
    Normalization.checkPerChannel(in, 1, 2);
    return List.of(in.tensor(0));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    double[] values = x.toDoubles();
    int perGroup = Math.toIntExact(Normalization.innerSize(x.shape(), 1) / groups);
    Normalization.standardize(values, perGroup, epsilon);
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
