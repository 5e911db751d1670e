package dev.slipway.operators;

import dev.slipway.graph.Cost;
import dev.slipway.graph.Op;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.Tolerance;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** An operator that only moves elements: exact, and for every element type. */
interface DataMovement extends Op {

  @Override
  default Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.movement(in, out);
  }

  @Override
  default QuantizationRule quantization() {
    return new QuantizationRule.PassThrough();
  }

  @Override
  default Tolerance tolerance(DType dtype) {
    return Tolerance.EXACT;
  }
}
