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
import java.util.stream.IntStream;

/**
 * Convolution over two spatial axes whose kernel elements read the input at places moved by offsets, by bilinear
 * interpolation with zeros outside, each weighted by the mask: activations N×C×H×W, weights M×C/group×kH×kW, offset
 * N×(groups·kH·kW·2)×oH×oW in the order row, column, mask N×(groups·kH·kW)×oH×oW.
 */
public record DeformConv(SpatialWindow window, long group, long offsetGroup) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("DeformConv")
      .since(22)
      .input("X", T)
      .input("W", T)
      .input("offset", T)
      .optionalInput("B", T)
      .optionalInput("mask", T)
      .output("Y", T)
      .attribute("dilations", Kind.INTS)
      .attribute("group", 1)
      .attribute("kernel_shape", Kind.INTS)
      .attribute("offset_group", 1)
      .attribute("pads", Kind.INTS)
      .attribute("strides", Kind.INTS)
      .create(attributes -> new DeformConv(
          SpatialWindow.of(attributes), attributes.integer("group", 1), attributes.integer("offset_group", 1)));

  public DeformConv {
    Convolution.requireGroup(group);
    if (offsetGroup < 1) {
      throw new InvalidGraphException("attribute offset_group: " + offsetGroup + " (expected: >= 1)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return window.attributes().without("auto_pad").with("group", group).with("offset_group", offsetGroup);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    Shape w = in.tensor(1).shape();
    if (x.ranked() && (x.rank() != 4 || x.dim(1) instanceof Dim.Known(long c) && c % offsetGroup != 0)) {
      throw new InvalidGraphException(
          "shape of X: " + x + " (expected: N×C×H×W with C a multiple of " + offsetGroup + " offset groups)");
    }
    Shape y = Convolution.shape(x, w, window, group);
    if (y.ranked()) {
      Dim reads = w.slice(2, 4).elements().times(offsetGroup);
      ShapeCheck.require(in, 2, "offset", Shape.of(y.dim(0), reads.times(2), y.dim(2), y.dim(3)));
      ShapeCheck.require(in, 3, "B", Shape.of(y.dim(1)));
      ShapeCheck.require(in, 4, "mask", Shape.of(y.dim(0), reads, y.dim(2), y.dim(3)));
    }
    return List.of(TensorType.of(in.tensor(0).dtype(), y));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor w = ctx.input(1);
    Tensor y = ctx.output(0);
    double[] bias = ctx.has(3) ? ctx.input(3).toDoubles() : new double[Math.toIntExact(w.dim(0))];
    double[] mask = ctx.has(4) ? ctx.input(4).toDoubles() : new double[0];
    SpatialWindow complete = Convolution.window(window, w.shape());
    int kernel = (int) (w.dim(2) * w.dim(3));
    int positions = (int) (y.dim(2) * y.dim(3));
    double[] rows = sample(x, ctx.input(2).toDoubles(), mask, complete, kernel, y);
    int[] taps = IntStream.range(0, positions).toArray();
    long[] rowDims = {x.dim(0), x.dim(1) * kernel, positions};
    y.set(Convolution.evaluate(
        rows, rowDims, w.toDoubles(), bias, taps, group, new long[] {y.dim(0), y.dim(1), positions}));
  }

  /** What each kernel element reads: N × (C · kernel) × output positions. */
  private double[] sample(Tensor x, double[] offset, double[] mask, SpatialWindow complete, int kernel, Tensor y) {
    double[] values = x.toDoubles();
    int channels = (int) x.dim(1);
    int height = (int) x.dim(2);
    int width = (int) x.dim(3);
    int columns = (int) y.dim(3);
    int positions = (int) (y.dim(2) * columns);
    int perGroup = (int) (channels / offsetGroup);
    int kernelWidth = complete.kernel().get(1).intValue();
    double[] rows = new double[Math.toIntExact(x.dim(0) * channels * kernel * positions)];
    for (int i = 0; i < rows.length; i++) {
      int position = i % positions;
      int k = i / positions % kernel;
      int plane = i / positions / kernel;
      int group = (int) (plane / channels * offsetGroup) + plane % channels / perGroup;
      int move = (group * kernel + k) * 2 * positions + position;
      double row = place(complete, 0, position / columns, k / kernelWidth) + offset[move];
      double column = place(complete, 1, position % columns, k % kernelWidth) + offset[move + positions];
      double read = bilinear(values, plane * height * width, height, width, row, column);
      rows[i] = mask.length == 0 ? read : read * mask[(group * kernel + k) * positions + position];
    }
    return rows;
  }

  private static double place(SpatialWindow complete, int axis, int output, int tap) {
    return output * complete.strides().get(axis) + tap * complete.dilations().get(axis) - complete.pads().get(axis);
  }

  private static double bilinear(double[] x, int plane, int height, int width, double row, double column) {
    int top = (int) Math.floor(row);
    int left = (int) Math.floor(column);
    double sum = 0;
    for (int r = top; r <= top + 1; r++) {
      for (int c = left; c <= left + 1; c++) {
        if (r >= 0 && r < height && c >= 0 && c < width) {
          sum += (1 - Math.abs(row - r)) * (1 - Math.abs(column - c)) * x[plane + r * width + c];
        }
      }
    }
    return sum;
  }

  /** That of a convolution, and for each element that the kernel reads of each channel fourteen to interpolate it. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape w = in.get(1).shape();
    Shape y = out.getFirst().shape();
    Cost products = Convolution.cost(w, in.size() > 3 ? 1 : 0, in, out);
    if (!w.ranked() || !y.ranked()) {
      return products;
    }
    Dim reads = y.dim(0).times(y.dim(2)).times(y.dim(3)).times(w.slice(1, 4).elements()).times(group);
    return products.plusFlops(reads.times(14));
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return Convolution.axisFlow(in, group, 1, 3);
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("its offsets need the precision of floating point");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(4096);
  }
}
