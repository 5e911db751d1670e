package dev.slipway.operators;

import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/**
 * An operator that computes each element of its output from the elements at the same place of its broadcast inputs.
 * Integer and bool types evaluate through {@link #apply(long...)} where an operator overrides it.
 */
public interface Elementwise extends Op {

  /** What is computed for one element of floating point. */
  Expression expression();

  /** One element of floating point. */
  default double apply(double... inputs) {
    return expression().evaluate(inputs);
  }

  /** One element of an integer type; the caller keeps the low bits. */
  default long apply(long... inputs) {
    double[] reals = new double[inputs.length];
    for (int i = 0; i < reals.length; i++) {
      reals[i] = inputs[i];
    }
    return (long) expression().evaluate(reals);
  }

  @Override
  default List<TensorType> inferTypes(InferenceContext in) {
    List<Shape> shapes = in.tensors().stream().map(TensorType::shape).toList();
    return List.of(TensorType.of(in.tensor(0).dtype(), Broadcast.shape(shapes)));
  }

  @Override
  default void evaluate(ReferenceContext ctx) {
    Tensor y = ctx.output(0);
    int count = ctx.inputCount();
    int[][] indices = new int[count][];
    Tensor[] inputs = new Tensor[count];
    for (int i = 0; i < count; i++) {
      inputs[i] = ctx.input(i);
      indices[i] = Broadcast.indices(inputs[i], y);
    }
    boolean real = inputs[0].dtype().isFloat();
    double[] reals = new double[count];
    long[] integers = new long[count];
    for (int e = 0; e < y.elementCount(); e++) {
      for (int i = 0; i < count; i++) {
        if (real) {
          reals[i] = inputs[i].getDouble(indices[i][e]);
        } else {
          integers[i] = inputs[i].getLong(indices[i][e]);
        }
      }
      if (real) {
        y.setDouble(e, apply(reals));
      } else {
        y.setLong(e, apply(integers));
      }
    }
  }

  @Override
  default Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 1);
  }

  @Override
  default AxisFlow axisFlow(List<TensorType> in) {
    return new AxisFlow.Broadcast();
  }
}
