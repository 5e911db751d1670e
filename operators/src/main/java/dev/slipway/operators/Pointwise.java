package dev.slipway.operators;

import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** An operator that computes each element of its output from the elements at the same place of its broadcast inputs. */
public interface Pointwise extends Op {

  /**
   * One element of an integer type or bool, the operands in the order of the inputs that are there; the caller keeps
   * the low bits.
   *
   * @param type the element type of the first input
   */
  long apply(DType type, long... x);

  /** The element type of the output. */
  default DType elementType(InferenceContext in) {
    return in.tensor(0).dtype();
  }

  @Override
  default List<TensorType> inferTypes(InferenceContext in) {
    List<Shape> shapes = new ArrayList<>(in.inputCount());
    for (int port = 0; port < in.inputCount(); port++) {
      if (in.has(port)) {
        shapes.add(in.tensor(port).shape());
      }
    }
    return List.of(TensorType.of(elementType(in), Broadcast.shape(shapes)));
  }

  @Override
  default void evaluate(ReferenceContext ctx) {
    DType type = ctx.input(0).dtype();
    BroadcastLoop.of(ctx).integers(x -> apply(type, x));
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
