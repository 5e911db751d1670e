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
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/**
 * Depthwise convolution along a sequence that sees the past only: input batch×channels×length, weights channels×1×k,
 * and the last k-1 elements of the sequence before as state; then, where wanted, x · sigmoid(x).
 *
 * @param activation none, silu or swish, which are the same
 */
public record CausalConvWithState(String activation) implements Op {
  private static final TypeConstraint T =
      TypeConstraint.of("T", DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16, DType.FLOAT64);
  static final OpDefinition DEFINITION = OpSchema.named("CausalConvWithState")
      .since(27)
      .input("input", T)
      .input("weight", T)
      .optionalInput("bias", T)
      .optionalInput("past_state", T)
      .output("output", T)
      .optionalOutput("present_state", T)
      .attribute("activation", "none")
      .create(attributes -> new CausalConvWithState(attributes.string("activation", "none")));

  public CausalConvWithState {
    if (!List.of("none", "silu", "swish").contains(activation)) {
      throw new InvalidGraphException("attribute activation: " + activation + " (expected: none, silu or swish)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("activation", activation);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    TensorType x = in.tensor(0);
    Shape w = in.tensor(1).shape();
    if (!x.shape().ranked() || !w.ranked()) {
      return List.of(x, x.withShape(Shape.UNRANKED));
    }
    if (x.shape().rank() != 3 || w.rank() != 3) {
      throw new InvalidGraphException("shapes: input " + x.shape() + ", weight " + w
          + " (expected: [batch, channels, length] and [channels, 1, k])");
    }
    Dim channels = x.shape().dim(1);
    Shape state = Shape.of(x.shape().dim(0), channels, w.dim(2).minus(1));
    ShapeCheck.require(in, 1, "weight", Shape.of(channels, Dim.ONE, w.dim(2)));
    ShapeCheck.require(in, 2, "bias", Shape.of(channels));
    ShapeCheck.require(in, 3, "past_state", state);
    return List.of(x, x.withShape(state));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor weights = ctx.input(1);
    Tensor y = ctx.output(0);
    int channels = (int) x.dim(1);
    int length = (int) x.dim(2);
    int kernel = (int) weights.dim(2);
    int rows = (int) x.dim(0) * channels;
    double[] states = new double[rows * (kernel - 1)];
    for (int row = 0; row < rows; row++) {
      double[] padded = padded(ctx, row, length, kernel);
      for (int t = 0; t < length; t++) {
        double sum = ctx.has(2) ? ctx.input(2).getDouble(row % channels) : 0;
        for (int k = 0; k < kernel; k++) {
          sum += weights.getDouble(row % channels * kernel + k) * padded[t + k];
        }
        y.setDouble((long) row * length + t, activation.equals("none") ? sum : sum / (1 + Math.exp(-sum)));
      }
      System.arraycopy(padded, length, states, row * (kernel - 1), kernel - 1);
    }
    if (ctx.wants(1)) {
      ctx.output(1).set(states);
    }
  }

  /** The state followed by the input. */
  private static double[] padded(ReferenceContext ctx, int row, int length, int kernel) {
    double[] padded = new double[kernel - 1 + length];
    for (int k = 0; ctx.has(3) && k < kernel - 1; k++) {
      padded[k] = ctx.input(3).getDouble(row * (kernel - 1) + k);
    }
    for (int t = 0; t < length; t++) {
      padded[kernel - 1 + t] = ctx.input(0).getDouble((long) row * length + t);
    }
    return padded;
  }

  /** Two operations for each multiply-add, one for the bias, three for the activation. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape w = in.get(1).shape();
    Dim kernel = w.ranked() ? w.dim(2) : Dim.ONE;
    int more = (in.size() > 2 ? 1 : 0) + (activation.equals("none") ? 0 : 3);
    Dim elements = in.getFirst().shape().elements();
    return Cost.products(elements.times(kernel), elements.times(more), in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return AxisFlow.links(
        AxisFlow.Link.of(0, 0, 0, 0), AxisFlow.Link.of(0, 1, 0, 1), AxisFlow.Link.of(1, 0, 0, 1));
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("its state passes from call to call");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(16);
  }
}
