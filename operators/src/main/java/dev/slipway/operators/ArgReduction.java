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
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** An operator that finds the position of an element along one axis. */
interface ArgReduction extends Op {

  long axis();

  boolean keepDims();

  /** Whether the last of equal elements is taken, not the first. */
  boolean selectLastIndex();

  /** Whether an element of this order towards the best one so far is better. */
  boolean isBetter(int order);

  @Override
  default Attributes attributes() {
    return Attributes.of("axis", axis()).with("keepdims", keepDims()).with("select_last_index", selectLastIndex());
  }

  @Override
  default List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    if (!x.ranked()) {
      return List.of(TensorType.of(DType.INT64, Shape.UNRANKED));
    }
    int axis = Axes.normalize(axis(), x.rank());
    if (x.dim(axis).is(0)) {
      throw new InvalidGraphException("axis " + axis + " of " + x + ": 0 elements (expected: at least 1)");
    }
    List<Dim> dims = new ArrayList<>(x.dims());
    dims.remove(axis);
    if (keepDims()) {
      dims.add(axis, Dim.ONE);
    }
    return List.of(TensorType.of(DType.INT64, Shape.of(dims)));
  }

  @Override
  default void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    ElementOrder order = ElementOrder.of(x);
    Lines lines = Lines.of(x.dims(), Axes.normalize(axis(), x.rank()));
    for (int line = 0; line < lines.count(); line++) {
      int best = 0;
      for (int i = 1; i < lines.length(); i++) {
        int towards = order.compare(lines.index(line, i), lines.index(line, best));
        best = isBetter(towards) || towards == 0 && selectLastIndex() ? i : best;
      }
      y.setLong(line, best);
    }
  }

  @Override
  default Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape x = in.getFirst().shape();
    return Cost.of(x.ranked() ? x.elements() : Dim.ZERO, in, out);
  }

  @Override
  default AxisFlow axisFlow(List<TensorType> in) {
    Shape x = in.getFirst().shape();
    if (!x.ranked()) {
      return new AxisFlow.Opaque("the rank is not known");
    }
    int axis = Axes.normalize(axis(), x.rank());
    return new AxisFlow.Links(IntStream.range(0, x.rank())
        .filter(other -> other != axis)
        .mapToObj(other -> AxisFlow.Link.of(0, other, 0, keepDims() || other < axis ? other : other - 1))
        .toList());
  }

  @Override
  default QuantizationRule quantization() {
    return new QuantizationRule.PassThrough();
  }

  @Override
  default Tolerance tolerance(DType dtype) {
    return Tolerance.EXACT;
  }

  /** Makes an operator from its attributes. */
  interface Factory {
    ArgReduction create(long axis, boolean keepDims, boolean selectLastIndex);
  }

  static OpDefinition define(String name, Factory factory) {
    return OpSchema.named(name)
        .since(13)
        .input("data", TypeConstraint.of("T", DType.NUMBERS))
        .output("reduced", TypeConstraint.of("indices", DType.INT64))
        .attribute("axis", 0)
        .attribute("keepdims", 1)
        .attribute("select_last_index", 0)
        .create(attributes -> factory.create(
            attributes.integer("axis", 0),
            attributes.integer("keepdims", 1) != 0,
            attributes.flag("select_last_index")));
  }
}
