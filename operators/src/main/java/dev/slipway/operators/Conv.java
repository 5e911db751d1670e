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
import java.util.Arrays;
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
    if (group < 1) {
      throw new InvalidGraphException("attribute group: " + group + " (expected: >= 1)");
    }
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
    long[] sizes = weights.slice(2, weights.rank()).known();
    return window.complete(Arrays.stream(sizes).boxed().toList());
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    Shape w = in.tensor(1).shape();
    if (!x.ranked() || !w.ranked()) {
      return List.of(in.tensor(0).withShape(Shape.UNRANKED));
    }
    if (x.rank() != w.rank() || x.rank() < 3) {
      throw new InvalidGraphException("shapes: X " + x + ", W " + w + " (expected: one rank of at least 3)");
    }
    Dim channels = w.dim(1).times(group);
    if (x.dim(1) instanceof Dim.Known && channels instanceof Dim.Known && !x.dim(1).equals(channels)) {
      throw new InvalidGraphException("channels of X: " + x.dim(1) + " (expected: " + channels + ", as W " + w
          + " with group " + group + " takes)");
    }
    if (w.dim(0) instanceof Dim.Known(long m) && m % group != 0) {
      throw new InvalidGraphException("output channels: " + m + " (expected: a multiple of group " + group + ")");
    }
    Shape spatial = window(w).output(x.slice(2, x.rank()));
    return List.of(TensorType.of(in.tensor(0).dtype(), Shape.of(x.dim(0), w.dim(0)).concat(spatial)));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor w = ctx.input(1);
    Tensor y = ctx.output(0);
    double[] bias = ctx.has(2) ? ctx.input(2).toDoubles() : new double[Math.toIntExact(w.dim(0))];
    y.set(Convolution.evaluate(x.toDoubles(), x.dims(), w.toDoubles(), w.dims(), bias, window(w.shape()), group, y.dims()));
  }

  /** Two operations for each multiply-add: output elements times C/group times the kernel's size. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape w = in.get(1).shape();
    Dim perElement = w.slice(1, w.rank()).elements().times(2);
    return Cost.of(out.getFirst().shape().elements().times(perElement), in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return new AxisFlow.Links(List.of(AxisFlow.Link.of(0, 0, 0, 0), AxisFlow.Link.of(1, 0, 0, 1)));
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
