package dev.slipway.operators;

import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/** A pooling whose window is the whole plane: N×C×spatial becomes N×C×1×…×1. */
public sealed interface GlobalPooling extends Op permits GlobalAveragePool, GlobalLpPool, GlobalMaxPool {

  /** What is left of one plane. */
  double reduce(double[] plane);

  @Override
  default List<TensorType> inferTypes(InferenceContext in) {
    TensorType x = in.tensor(0);
    if (!x.shape().ranked()) {
      return List.of(x);
    }
    if (x.shape().rank() < 2) {
      throw new InvalidGraphException("shape: " + x.shape() + " (expected: a rank of at least 2)");
    }
    Dim[] ones = new Dim[x.shape().rank() - 2];
    Arrays.fill(ones, Dim.ONE);
    return List.of(TensorType.of(x.dtype(), x.shape().slice(0, 2).concat(Shape.of(ones))));
  }

  @Override
  default void evaluate(ReferenceContext ctx) {
    Tensor y = ctx.output(0);
    double[] x = ctx.input(0).toDoubles();
    int planes = Math.toIntExact(y.elementCount());
    int size = planes == 0 ? 0 : x.length / planes;
    for (int i = 0; i < planes; i++) {
      y.setDouble(i, reduce(Arrays.copyOfRange(x, i * size, (i + 1) * size)));
    }
  }

  /** One operation for each element of the input. */
  @Override
  default Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape x = in.getFirst().shape();
    return Cost.of(x.ranked() ? x.elements() : Dim.ZERO, in, out);
  }

  @Override
  default AxisFlow axisFlow(List<TensorType> in) {
    return Pooling.axisFlow();
  }

  @Override
  default Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(4096);
  }
}
