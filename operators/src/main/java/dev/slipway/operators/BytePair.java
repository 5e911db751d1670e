package dev.slipway.operators;

import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** A function of two tensors of bytes of one shape, element by element, as integer kernels compute it. */
sealed interface BytePair extends Op permits QuantizedAdd, QuantizedMul {

  /** The result for two bytes. */
  int at(int a, int b);

  @Override
  default List<TensorType> inferTypes(InferenceContext in) {
    ShapeCheck.require(in, 1, "b", in.tensor(0).shape());
    return List.of(in.tensor(0));
  }

  @Override
  default void evaluate(ReferenceContext ctx) {
    Tensor a = ctx.input(0);
    Tensor b = ctx.input(1);
    Tensor y = ctx.output(0);
    for (long i = 0; i < y.elementCount(); i++) {
      y.setLong(i, at((int) a.getLong(i), (int) b.getLong(i)));
    }
  }

  @Override
  default Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 3);
  }

  @Override
  default AxisFlow axisFlow(List<TensorType> in) {
    return AxisFlow.identity(in.getFirst().shape());
  }

  @Override
  default QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("it is quantised already");
  }

  @Override
  default Tolerance tolerance(DType dtype) {
    return Tolerance.EXACT;
  }
}
