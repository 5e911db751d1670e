package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
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
 * The convolution of (x - zero point) with (w - zero point) in int32. The zero point of x is one number and what the
 * padding holds; that of w is one number, or one for each output channel.
 */
public record ConvInteger(SpatialWindow window, long group) implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.INT8, DType.UINT8);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.INT8, DType.UINT8);
  private static final TypeConstraint T3 = TypeConstraint.of("T3", DType.INT32);
  static final OpDefinition DEFINITION = OpSchema.named("ConvInteger")
      .since(10)
      .input("x", T1)
      .input("w", T2)
      .optionalInput("x_zero_point", T1)
      .optionalInput("w_zero_point", T2)
      .output("y", T3)
      .attribute("auto_pad", "NOTSET")
      .attribute("dilations", Kind.INTS)
      .attribute("group", 1)
      .attribute("kernel_shape", Kind.INTS)
      .attribute("pads", Kind.INTS)
      .attribute("strides", Kind.INTS)
      .create(attributes -> new ConvInteger(SpatialWindow.of(attributes), attributes.integer("group", 1)));

  public ConvInteger {
    Convolution.requireGroup(group);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return window.attributes().with("group", group);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape y = Convolution.shape(in.tensor(0).shape(), in.tensor(1).shape(), window, group);
    ShapeCheck.requireSingle(in, 2, "x_zero_point");
    if (y.ranked()) {
      ShapeCheck.requireSingleOr(in, 3, "w_zero_point", y.dim(1));
    }
    return List.of(TensorType.of(DType.INT32, y));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor w = ctx.input(1);
    Tensor y = ctx.output(0);
    double[] activations = x.toDoubles();
    double[] weights = w.toDoubles();
    if (ctx.has(2)) {
      Convolution.subtractZeroPoint(activations, ctx.input(2));
    }
    if (ctx.has(3)) {
      Convolution.subtractZeroPoint(weights, ctx.input(3));
    }
    double[] sums = Convolution.evaluate(
        activations,
        x.dims(),
        weights,
        new double[Math.toIntExact(w.dim(0))],
        Convolution.window(window, w.shape()),
        group,
        y.dims());
    for (int i = 0; i < sums.length; i++) {
      y.setLong(i, (long) sums[i]);
    }
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Convolution.cost(in.get(1).shape(), 0, in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return Convolution.axisFlow(in, group, 1);
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("it is quantised already");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.EXACT;
  }
}
