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
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The k largest or smallest elements along an axis and their positions, in order; the first of equal elements comes
 * first.
 */
public record TopK(long axis, boolean largest, boolean sorted) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS);
  private static final TypeConstraint I = TypeConstraint.of("I", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("TopK")
      .since(24)
      .input("X", T)
      .input("K", TypeConstraint.of("K", DType.INT64))
      .output("Values", T)
      .output("Indices", I)
      .attribute("axis", -1)
      .attribute("largest", 1)
      .attribute("sorted", 1)
      .create(attributes -> new TopK(
          attributes.integer("axis", -1), attributes.integer("largest", 1) != 0, attributes.integer("sorted", 1) != 0));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("axis", axis).with("largest", largest).with("sorted", sorted);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape y = shape(in);
    return List.of(in.tensor(0).withShape(y), TensorType.of(DType.INT64, y));
  }

  private Shape shape(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    if (!x.ranked()) {
      return x;
    }
    int along = Axes.normalize(axis, x.rank());
    Dim k = ScalarInput.size(in, 1, "K", 0);
    if (k instanceof Dim.Known(long count) && x.dim(along) instanceof Dim.Known(long n) && count > n) {
      throw new InvalidGraphException("K: " + count + " (expected: 0 to " + x.dim(along) + ", the size of the axis)");
    }
    return x.with(along, k);
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor values = ctx.output(0);
    Tensor indices = ctx.outputCount() > 1 ? ctx.output(1) : ctx.scratch(values.type().withDType(DType.INT64));
    int along = Axes.normalize(axis, x.rank());
    Lines from = Lines.of(x.dims(), along);
    Lines to = Lines.of(values.dims(), along);
    ElementOrder order = ElementOrder.of(x);
    for (int line = 0; line < from.count(); line++) {
      int own = line;
      Comparator<Integer> ascending = (a, b) -> order.compare(from.index(own, a), from.index(own, b));
      List<Integer> positions = IntStream.range(0, from.length())
          .boxed()
          .sorted(largest ? ascending.reversed() : ascending)
          .limit(to.length())
          .toList();
      for (int i = 0; i < to.length(); i++) {
        long source = from.index(line, positions.get(i));
        long target = to.index(line, i);
        if (x.dtype().isFloat()) {
          values.setDouble(target, x.getDouble(source));
        } else {
          values.setLong(target, x.getLong(source));
        }
        indices.setLong(target, positions.get(i));
      }
    }
  }

  /** At least one comparison for each element. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape x = in.getFirst().shape();
    return Cost.of(x.ranked() ? x.elements() : Dim.ZERO, in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return Lines.flow(in, IntStream.of((int) axis));
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
