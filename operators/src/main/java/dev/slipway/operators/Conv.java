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
import java.util.Optional;

/** Convolution over any number of spatial axes: activations N×C×…, weights M×C/group×…, bias M. */
public record Conv(SpatialWindow window, long group) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("Conv")
      .since(22)
      .input("X", T)
      .input("W", T)
      .optionalInput("B", T)
      .output("Y", T)
      .attribute("auto_pad", "NOTSET")
      .attribute("dilations", Kind.INTS)
      .attribute("group", 1)
      .attribute("kernel_shape", Kind.INTS)
      .attribute("pads", Kind.INTS)
      .attribute("strides", Kind.INTS)
      .create(attributes -> new Conv(SpatialWindow.of(attributes), attributes.integer("group", 1)));

  public Conv {
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

  /** The window with every list filled in, for weights of this shape. */
  public SpatialWindow window(Shape weights) {
    return Convolution.window(window, weights);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape y = Convolution.shape(in.tensor(0).shape(), in.tensor(1).shape(), window, group);
    if (y.ranked()) {
      ShapeCheck.require(in, 2, "B", Shape.of(y.dim(1)));
    }
    return List.of(TensorType.of(in.tensor(0).dtype(), y));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor w = ctx.input(1);
    Tensor y = ctx.output(0);
    double[] bias = ctx.has(2) ? ctx.input(2).toDoubles() : new double[Math.toIntExact(w.dim(0))];
    y.set(Convolution.evaluate(
        x.toDoubles(), x.dims(), w.toDoubles(), bias, window(w.shape()), group, y.dims()));
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Convolution.cost(in.get(1).shape(), in.size() > 2 ? 1 : 0, in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return Convolution.axisFlow(in, group, 1, 2);
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.Weighted(1, 0, Optional.of(2));
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(4096);
  }
}
