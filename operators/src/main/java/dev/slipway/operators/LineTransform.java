package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.stream.IntStream;

/** An operator that replaces each line along one axis by another of the same length. */
interface LineTransform extends Op {

  long axis();

  double[] transform(double[] line);

  @Override
  default Attributes attributes() {
    return Attributes.of("axis", axis());
  }

  @Override
  default List<TensorType> inferTypes(InferenceContext in) {
    TensorType x = in.tensor(0);
    if (x.shape().ranked()) {
      Axes.normalize(axis(), x.shape().rank());
    }
    return List.of(x);
  }

  @Override
  default void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    double[] from = x.toDoubles();
    double[] to = new double[from.length];
    Lines lines = Lines.of(x.dims(), Axes.normalize(axis(), x.rank()));
    for (int line = 0; line < lines.count(); line++) {
      lines.write(transform(lines.read(from, line)), line, to);
    }
    ctx.output(0).set(to);
  }

  /** Some five operations for each element. */
  @Override
  default Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 5);
  }

  @Override
  default AxisFlow axisFlow(List<TensorType> in) {
    return Lines.flow(in, IntStream.of((int) axis()));
  }

  @Override
  default Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(1024);
  }
}
