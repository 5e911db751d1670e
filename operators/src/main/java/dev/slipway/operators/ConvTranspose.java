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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The transposed convolution (gradient of {@link Conv} by its input): activations N×C×…, weights C×M/group×…, bias M.
 *
 * @param outputPadding elements added at the end of each spatial axis; empty for none
 * @param outputShape spatial sizes from which the pads follow; empty where the pads are given
 */
public record ConvTranspose(SpatialWindow window, long group, List<Long> outputPadding, List<Long> outputShape)
    implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("ConvTranspose")
      .since(22)
      .input("X", T)
      .input("W", T)
      .optionalInput("B", T)
      .output("Y", T)
      .attribute("auto_pad", "NOTSET")
      .attribute("dilations", Kind.INTS)
      .attribute("group", 1)
      .attribute("kernel_shape", Kind.INTS)
      .attribute("output_padding", Kind.INTS)
      .attribute("output_shape", Kind.INTS)
      .attribute("pads", Kind.INTS)
      .attribute("strides", Kind.INTS)
      .create(attributes -> new ConvTranspose(
          SpatialWindow.of(attributes),
          attributes.integer("group", 1),
          attributes.integers("output_padding", List.of()),
          attributes.integers("output_shape", List.of())));

  public ConvTranspose {
    Convolution.requireGroup(group);
    outputPadding = List.copyOf(outputPadding);
    outputShape = List.copyOf(outputShape);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    Attributes attributes = window.attributes().with("group", group);
    attributes = outputPadding.isEmpty() ? attributes : attributes.with("output_padding", outputPadding);
    return outputShape.isEmpty() ? attributes : attributes.with("output_shape", outputShape);
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
    if (x.dim(1) instanceof Dim.Known(long c) && (w.dim(0) instanceof Dim.Known && !w.dim(0).is(c) || c % group != 0)) {
      throw new InvalidGraphException("channels of X: " + c + " (expected: " + w.dim(0) + ", as W " + w
          + " takes, and a multiple of group " + group + ")");
    }
    ShapeCheck.require(in, 2, "B", Shape.of(w.dim(1).times(group)));
    SpatialWindow complete = Convolution.window(window, w);
    int axes = x.rank() - 2;
    List<Dim> dims = new ArrayList<>(List.of(x.dim(0), w.dim(1).times(group)));
    for (int axis = 0; axis < axes; axis++) {
      dims.add(outputSize(complete, axis, x.dim(axis + 2), axes));
    }
    return List.of(TensorType.of(in.tensor(0).dtype(), Shape.of(dims)));
  }

  private Dim outputSize(SpatialWindow complete, int axis, Dim input, int axes) {
    if (!outputShape.isEmpty()) {
      return Dim.of(perAxis("output_shape", outputShape, axis, axes));
    }
    return switch (window.autoPad()) {
      case SAME_UPPER, SAME_LOWER -> input.times(complete.strides().get(axis));
      case VALID -> unpaddedSize(complete, axis, input, axes);
      case NOTSET -> unpaddedSize(complete, axis, input, axes)
          .minus(complete.pads().get(axis) + complete.pads().get(axis + axes));
    };
  }

  private Dim unpaddedSize(SpatialWindow complete, int axis, Dim input, int axes) {
    long more = outputPadding.isEmpty() ? 0 : perAxis("output_padding", outputPadding, axis, axes);
    return input.minus(1).times(complete.strides().get(axis)).plus(complete.extent(axis) + more);
  }

  private static long perAxis(String name, List<Long> values, int axis, int axes) {
    if (values.size() != axes) {
      throw new InvalidGraphException("attribute " + name + ": " + values + " (expected: " + axes + " numbers)");
    }
    return values.get(axis);
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor w = ctx.input(1);
    Tensor y = ctx.output(0);
    double[] bias = ctx.has(2) ? ctx.input(2).toDoubles() : new double[Math.toIntExact(y.dim(1))];
    SpatialWindow complete = Convolution.window(window, w.shape());
    long[] input = Arrays.copyOfRange(x.dims(), 2, x.rank());
    long[] output = Arrays.copyOfRange(y.dims(), 2, y.rank());
    long[] pads = padsAtBeginning(complete, input, output);
    int[] taps = Convolution.taps(complete, input, output, (axis, position, tap) -> {
      long scattered = position + pads[axis] - tap * complete.dilations().get(axis);
      long stride = complete.strides().get(axis);
      return scattered % stride == 0 ? scattered / stride : -1;
    });
    y.set(Convolution.evaluate(x.toDoubles(), x.dims(), outputsFirst(w), bias, taps, group, y.dims()));
  }

  /**
   * What is cut off at the beginning of each spatial axis.
   *
   * @param complete the window with the kernel's size
   * @param input spatial sizes
   * @param output spatial sizes
   */
  public long[] padsAtBeginning(SpatialWindow complete, long[] input, long[] output) {
    long[] pads = new long[input.length];
    boolean explicit = window.autoPad() == SpatialWindow.AutoPad.NOTSET && outputShape.isEmpty();
    for (int axis = 0; axis < pads.length; axis++) {
      long unpadded = unpaddedSize(complete, axis, Dim.of(input[axis]), pads.length).known().orElseThrow();
      long total = Math.max(0, unpadded - output[axis]);
      long smaller = total / 2;
      pads[axis] = explicit
          ? complete.pads().get(axis)
          : window.autoPad() == SpatialWindow.AutoPad.SAME_UPPER ? smaller : total - smaller;
    }
    return pads;
  }

  /** The weights as M×C/group×…. */
  private double[] outputsFirst(Tensor w) {
    double[] values = w.toDoubles();
    int channels = (int) (w.dim(0) / group);
    int outputs = (int) w.dim(1);
    int kernel = Normalization.innerSize(w.shape(), 2);
    double[] turned = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      int m = i / kernel % outputs;
      int c = i / kernel / outputs;
      turned[((c / channels * outputs + m) * channels + c % channels) * kernel + i % kernel] = values[i];
    }
    return turned;
  }

  /** Two operations for each multiply-add: input elements times M/group times the kernel's size; one for the bias. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape w = in.get(1).shape();
    Dim perInput = w.ranked() ? w.slice(1, w.rank()).elements() : Dim.ONE;
    Dim bias = in.size() > 2 ? out.getFirst().shape().elements() : Dim.ZERO;
    return Cost.products(in.getFirst().shape().elements().times(perInput), bias, in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    List<AxisFlow.Link> links = new ArrayList<>(List.of(AxisFlow.Link.of(0, 0, 0, 0)));
    if (group == 1) {
      links.add(AxisFlow.Link.of(1, 1, 0, 1));
    }
    if (in.size() > 2) {
      links.add(AxisFlow.Link.of(2, 0, 0, 1));
    }
    return new AxisFlow.Links(links);
  }

  @Override
  public QuantizationRule quantization() {
    return group == 1
        ? new QuantizationRule.Weighted(1, 1, Optional.of(2))
        : new QuantizationRule.KeepFloat("the output channels of group " + group + " are no axis of the weights");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(4096);
  }
}
