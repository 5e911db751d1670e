package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.AxisFlow.Link;
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
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/** Adds up blocks of pixels, the columns of N×C·block×L, at their places in images N×C×image. */
public record Col2Im(List<Long> dilations, List<Long> pads, List<Long> strides) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS);
  private static final TypeConstraint INT64 = TypeConstraint.of("shape", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("Col2Im")
      .since(18)
      .input("input", T)
      .input("image_shape", INT64)
      .input("block_shape", INT64)
      .output("output", T)
      .attribute("dilations", Kind.INTS)
      .attribute("pads", Kind.INTS)
      .attribute("strides", Kind.INTS)
      .create(attributes -> new Col2Im(
          attributes.integers("dilations", List.of()),
          attributes.integers("pads", List.of()),
          attributes.integers("strides", List.of())));

  public Col2Im {
    dilations = List.copyOf(dilations);
    pads = List.copyOf(pads);
    strides = List.copyOf(strides);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    Attributes attributes = dilations.isEmpty() ? Attributes.NONE : Attributes.of("dilations", dilations);
    attributes = pads.isEmpty() ? attributes : attributes.with("pads", pads);
    return strides.isEmpty() ? attributes : attributes.with("strides", strides);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    Shape image = ShapeInput.of(in, 1);
    if (!image.ranked()) {
      return List.of(TensorType.of(in.tensor(0).dtype(), Shape.UNRANKED));
    }
    if (x.ranked() && x.rank() != 3) {
      throw new InvalidGraphException("input: " + x + " (expected: 3 axes N, C·block, L)");
    }
    Dim batch = x.ranked() ? x.dim(0) : in.freshDim("batch");
    Dim channels = x.ranked() && ShapeInput.dims(in, 2).isPresent()
        ? x.dim(1).floorDiv(ShapeInput.of(in, 2).elements())
        : in.freshDim("channels");
    return List.of(TensorType.of(in.tensor(0).dtype(), Shape.of(batch, channels).concat(image)));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    long[] image = ctx.input(1).toLongs();
    long[] block = ctx.input(2).toLongs();
    SpatialWindow window = window(block);
    long[] starts = window.resolvePads(image);
    Shape columns = window.output(Shape.of(image));
    long blockSize = Shape.product(block);
    if (columns.elementCount() != x.dim(2)) {
      throw new SlipwayException("columns: " + x.dim(2) + " (expected: " + columns.elementCount() + ")");
    }
    double[] sums = new double[Math.toIntExact(y.elementCount())];
    long imageSize = Shape.product(image);
    for (long i = 0; i < x.elementCount(); i++) {
      long row = i / x.dim(2);
      long pixel = pixel(i % x.dim(2), row % blockSize, columns.known(), block, image, starts, window);
      if (pixel >= 0) {
        sums[(int) (row / blockSize * imageSize + pixel)] += x.getDouble(i);
      }
    }
    y.set(sums);
  }

  private SpatialWindow window(long[] block) {
    List<Long> kernel = Arrays.stream(block).boxed().toList();
    return new SpatialWindow(SpatialWindow.AutoPad.NOTSET, kernel, strides, dilations, pads, false).complete(kernel);
  }

  /** The pixel of an image under an element of the block of a column, -1 in the padding. */
  private static long pixel(
      long column, long element, long[] columns, long[] block, long[] image, long[] starts, SpatialWindow window) {
    long pixel = 0;
    long stride = 1;
    for (int axis = image.length - 1; axis >= 0; axis--) {
      long position = column % columns[axis] * window.strides().get(axis)
          + element % block[axis] * window.dilations().get(axis) - starts[axis];
      if (position < 0 || position >= image[axis]) {
        return -1;
      }
      pixel += position * stride;
      stride *= image[axis];
      column /= columns[axis];
      element /= block[axis];
    }
    return pixel;
  }

  /** One addition for each element of the input. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.of(in.getFirst().shape().elements(), in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return new AxisFlow.Links(List.of(Link.of(0, 0, 0, 0)));
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return dtype.isFloat() ? Tolerance.accumulated(64) : Tolerance.EXACT;
  }
}
