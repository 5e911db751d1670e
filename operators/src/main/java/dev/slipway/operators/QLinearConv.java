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
 * The convolution of quantised numbers, quantised. Scale and zero point of x and y are one number, those of w one
 * number, or one for each output channel; the bias has the scale of x times that of w. The sum of products is exact;
 * its scaling is in double precision.
 */
public record QLinearConv(SpatialWindow window, long group) implements Op {
  private static final TypeConstraint SCALE = TypeConstraint.of("scale", DType.FLOAT32);
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.INT8, DType.UINT8);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.INT8, DType.UINT8);
  private static final TypeConstraint T3 = TypeConstraint.of("T3", DType.INT8, DType.UINT8);
  private static final TypeConstraint T4 = TypeConstraint.of("T4", DType.INT32);
  static final OpDefinition DEFINITION = OpSchema.named("QLinearConv")
      .since(10)
      .input("x", T1)
      .input("x_scale", SCALE)
      .input("x_zero_point", T1)
      .input("w", T2)
      .input("w_scale", SCALE)
      .input("w_zero_point", T2)
      .input("y_scale", SCALE)
      .input("y_zero_point", T3)
      .optionalInput("B", T4)
      .output("y", T3)
      .attribute("auto_pad", "NOTSET")
      .attribute("dilations", Kind.INTS)
      .attribute("group", 1)
      .attribute("kernel_shape", Kind.INTS)
      .attribute("pads", Kind.INTS)
      .attribute("strides", Kind.INTS)
      .create(attributes -> new QLinearConv(SpatialWindow.of(attributes), attributes.integer("group", 1)));

  public QLinearConv {
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
    Shape y = Convolution.shape(in.tensor(0).shape(), in.tensor(3).shape(), window, group);
    for (int port : new int[] {1, 2, 6, 7}) {
      ShapeCheck.requireSingle(in, port, schema().inputs().get(port).name());
    }
    if (y.ranked()) {
      ShapeCheck.requireSingleOr(in, 4, "w_scale", y.dim(1));
      ShapeCheck.requireSingleOr(in, 5, "w_zero_point", y.dim(1));
      ShapeCheck.require(in, 8, "B", Shape.of(y.dim(1)));
    }
    return List.of(TensorType.of(in.tensor(7).dtype(), y));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor w = ctx.input(3);
    Tensor y = ctx.output(0);
    int outputs = Math.toIntExact(w.dim(0));
    double[] activations = x.toDoubles();
    double[] weights = w.toDoubles();
    Convolution.subtractZeroPoint(activations, ctx.input(2));
    Convolution.subtractZeroPoint(weights, ctx.input(5));
    double[] bias = ctx.has(8) ? ctx.input(8).toDoubles() : new double[outputs];
    double[] sums = Convolution.evaluate(
        activations, x.dims(), weights, bias, Convolution.window(window, w.shape()), group, y.dims());
    double[] weightScales = ctx.input(4).toDoubles();
    double xScale = ctx.input(1).getDouble(0);
    double yScale = ctx.input(6).getDouble(0);
    long yZeroPoint = ctx.input(7).getLong(0);
    int planeSize = Normalization.innerSize(y.shape(), 2);
    for (int i = 0; i < sums.length; i++) {
      double wScale = weightScales[weightScales.length == 1 ? 0 : i / planeSize % outputs];
      Quantization.put(y, i, sums[i] * (xScale * wScale) / yScale, yZeroPoint, true);
    }
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Convolution.cost(in.get(3).shape(), 3, in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return Convolution.axisFlow(in, group, 3, 4, 5, 8);
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("it is quantised already");
  }

  /** One step: a product of scales in single precision may fall on the other side of a half. */
  @Override
  public Tolerance tolerance(DType dtype) {
    return new Tolerance(0, 1);
  }
}
