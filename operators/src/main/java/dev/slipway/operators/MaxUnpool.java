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
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Puts each element where the index says that {@link MaxPool} took it from; zeros elsewhere. With an output shape, the
 * result of the shape that the window implies stands at the beginning of each axis.
 */
public record MaxUnpool(SpatialWindow window) implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.FLOATS);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("MaxUnpool")
      .since(22)
      .input("X", T1)
      .input("I", T2)
      .optionalInput("output_shape", T2)
      .output("output", T1)
      .requiredAttribute("kernel_shape", Kind.INTS)
      .attribute("pads", Kind.INTS)
      .attribute("strides", Kind.INTS)
      .create(attributes -> new MaxUnpool(Pooling.window(attributes)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("kernel_shape", window.kernel()).with("pads", window.pads()).with("strides", window.strides());
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    TensorType x = in.tensor(0);
    ShapeCheck.require(in, 1, "I", x.shape());
    if (in.has(2)) {
      Shape given = in.dims(2).map(vector -> Shape.of(vector.values())).orElse(unknown(in, x.shape()));
      return List.of(x.withShape(given));
    }
    return List.of(x.withShape(implied(x.shape())));
  }

  private static Shape unknown(InferenceContext in, Shape x) {
    return x.ranked()
        ? Shape.of(IntStream.range(0, x.rank()).mapToObj(axis -> in.freshDim("d" + axis)).toList())
        : Shape.UNRANKED;
  }

  /** What pooling with this window makes the input's shape of. */
  private Shape implied(Shape x) {
    if (!x.ranked()) {
      return x;
    }
    int axes = window.kernel().size();
    if (x.rank() != axes + 2) {
      throw new InvalidGraphException(
          "shape: " + x + " (expected: rank " + (axes + 2) + " for kernel_shape " + window.kernel() + ")");
    }
    Shape result = x;
    for (int axis = 0; axis < axes; axis++) {
      long added = window.kernel().get(axis) - window.pads().get(axis) - window.pads().get(axis + axes);
      result = result.with(axis + 2, x.dim(axis + 2).minus(1).times(window.strides().get(axis)).plus(added));
    }
    return result;
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor indices = ctx.input(1);
    long[] from = implied(x.shape()).known();
    Tensor y = ctx.has(2) ? ctx.output(0, checked(ctx.input(2).toLongs(), from)) : ctx.output(0);
    long[] strides = Shape.strides(y.dims());
    long count = Shape.product(from);
    double[] values = new double[Math.toIntExact(y.elementCount())];
    for (int i = 0; i < x.elementCount(); i++) {
      long index = indices.getLong(i);
      if (index < 0 || index >= count) {
        throw new SlipwayException("index: " + index + " (expected: 0 to " + (count - 1) + ")");
      }
      values[at(index, from, strides)] = x.getDouble(i);
    }
    y.set(values);
  }

  private static long[] checked(long[] wanted, long[] implied) {
    boolean fits = wanted.length == implied.length
        && IntStream.range(0, wanted.length).allMatch(axis -> wanted[axis] >= implied[axis]);
    if (!fits) {
      throw new SlipwayException(
          "output_shape: " + Shape.text(wanted) + " (expected: at least " + Shape.text(implied) + ")");
    }
    return wanted;
  }

  private static int at(long index, long[] from, long[] strides) {
    long result = 0;
    for (int axis = from.length - 1; axis >= 0; axis--) {
      result += index % from[axis] * strides[axis];
      index /= from[axis];
    }
    return Math.toIntExact(result);
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.movement(in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return Pooling.axisFlow();
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.PassThrough();
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.EXACT;
  }
}
