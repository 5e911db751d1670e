package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** An operator that combines each element with all before it along an axis, which is the second input. */
interface Cumulation extends Op {

  /** Whether the element itself is left out. */
  boolean exclusive();

  /** Whether it begins at the end of the axis. */
  boolean reverse();

  /** The result for no elements. */
  int identity();

  double combine(double a, double b);

  long combine(long a, long b);

  @Override
  default Attributes attributes() {
    return Attributes.of("exclusive", exclusive()).with("reverse", reverse());
  }

  @Override
  default List<TensorType> inferTypes(InferenceContext in) {
    ScalarInput.requireOne(in, 1, "axis");
    TensorType x = in.tensor(0);
    if (x.shape().ranked()) {
      in.integer(1).ifPresent(axis -> Axes.normalize(axis, x.shape().rank()));
    }
    return List.of(x);
  }

  @Override
  default void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    Lines lines = Lines.of(x.dims(), Axes.normalize(ScalarInput.integer(ctx, 1), x.rank()));
    for (int line = 0; line < lines.count(); line++) {
      if (x.dtype().isFloat()) {
        reals(x, y, lines, line);
      } else {
        integers(x, y, lines, line);
      }
    }
  }

  private void reals(Tensor x, Tensor y, Lines lines, int line) {
    double sum = identity();
    for (int i = 0; i < lines.length(); i++) {
      int index = lines.index(line, reverse() ? lines.length() - 1 - i : i);
      double next = combine(sum, x.getDouble(index));
      y.setDouble(index, exclusive() ? sum : next);
      sum = next;
    }
  }

  private void integers(Tensor x, Tensor y, Lines lines, int line) {
    long sum = identity();
    for (int i = 0; i < lines.length(); i++) {
      int index = lines.index(line, reverse() ? lines.length() - 1 - i : i);
      long next = combine(sum, x.getLong(index));
      y.setLong(index, exclusive() ? sum : next);
      sum = next;
    }
  }

  @Override
  default AxisFlow axisFlow(List<TensorType> in) {
    return new AxisFlow.Opaque("the axis is an input");
  }

  @Override
  default Tolerance tolerance(DType dtype) {
    return dtype.isFloat() ? Tolerance.accumulated(1024) : Tolerance.EXACT;
  }

  /** Makes an operator from its attributes. */
  interface Factory {
    Cumulation create(boolean exclusive, boolean reverse);
  }

  static OpDefinition define(String name, int since, Factory factory) {
    Set<DType> types = EnumSet.of(DType.INT32, DType.INT64, DType.UINT32, DType.UINT64);
    types.addAll(DType.FLOATS);
    TypeConstraint t = TypeConstraint.of("T", types);
    return OpSchema.named(name)
        .since(since)
        .input("x", t)
        .input("axis", TypeConstraint.of("T2", DType.INDICES))
        .output("y", t)
        .attribute("exclusive", 0)
        .attribute("reverse", 0)
        .create(attributes -> factory.create(attributes.flag("exclusive"), attributes.flag("reverse")));
  }
}
