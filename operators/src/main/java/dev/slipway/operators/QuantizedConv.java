package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * A convolution of bytes as integer kernels compute it, the quantisation of its result included: N×C×… with M×C/group×…
 * The builder makes it from DequantizeLinear, Conv and QuantizeLinear; {@link QuantizedProduct} has its definition.
 *
 * @param xZeroPoint of x, and what the padding holds; of no meaning where it is an input
 * @param wZeroPoint of all weights
 * @param rounding how a result becomes a byte; empty where it stays float32
 */
public record QuantizedConv(
    SpatialWindow window, long group, int xZeroPoint, int wZeroPoint, Optional<ByteRounding> rounding)
    implements Op {
  static final OpDefinition DEFINITION = QuantizedProduct.declare("QuantizedConv")
      .attribute("auto_pad", "NOTSET")
      .attribute("dilations", Kind.INTS)
      .attribute("group", 1)
      .attribute("kernel_shape", Kind.INTS)
      .attribute("pads", Kind.INTS)
      .attribute("strides", Kind.INTS)
      .create(attributes -> new QuantizedConv(
          SpatialWindow.of(attributes),
          attributes.integer("group", 1),
          Math.toIntExact(attributes.integer("x_zero_point", 0)),
          Math.toIntExact(attributes.integer("w_zero_point", 0)),
          ByteRounding.of(attributes)));

  public QuantizedConv {
    Convolution.requireGroup(group);
    ByteRounding.requireByte("x_zero_point", xZeroPoint);
  }

  /** Without zero points of weights. */
  public QuantizedConv(SpatialWindow window, long group, int xZeroPoint, Optional<ByteRounding> rounding) {
    this(window, group, xZeroPoint, 0, rounding);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    Attributes attributes = window.attributes()
        .with("group", group)
        .with("x_zero_point", xZeroPoint)
        .with("w_zero_point", wZeroPoint);
    return rounding.map(own -> own.addTo(attributes)).orElse(attributes);
  }

  /** The window with every list filled in, for weights of this shape. */
  public SpatialWindow window(Shape weights) {
    return Convolution.window(window, weights);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape y = Convolution.shape(in.tensor(0).shape(), in.tensor(1).shape(), window, group);
    if (y.ranked()) {
      QuantizedProduct.checkChannels(in, y.dim(1));
    }
    return List.of(TensorType.of(ByteRounding.dtype(rounding), y));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor w = ctx.input(1);
    Tensor y = ctx.output(0);
    double[] sums = Convolution.evaluate(
        QuantizedProduct.activations(ctx, xZeroPoint),
        x.dims(),
        QuantizedProduct.centered(w, wZeroPoint),
        new double[Math.toIntExact(w.dim(0))],
        window(w.shape()),
        group,
        y.dims());
    QuantizedProduct.finish(ctx, sums, Normalization.innerSize(y.shape(), 2), rounding);
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Convolution.cost(in.get(1).shape(), 2, in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return Convolution.axisFlow(in, group, 1, 2, 3, 4);
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
