package dev.slipway.operators;

import dev.slipway.graph.InferenceContext;
import dev.slipway.tensor.DType;

/** A pointwise comparison of two tensors of one type; the result is bool. */
interface Comparison extends Elementwise {

  Expression.Operation operation();

  /** Whether the relation holds for integers whose comparison has this sign. */
  boolean holds(int sign);

  @Override
  default Expression expression() {
    return Expression.input(0).compare(operation(), Expression.input(1));
  }

  @Override
  default long apply(DType type, long... x) {
    boolean unsigned = type.isInteger() && type.isUnsigned();
    return holds(unsigned ? Long.compareUnsigned(x[0], x[1]) : Long.compare(x[0], x[1])) ? 1 : 0;
  }

  @Override
  default DType elementType(InferenceContext in) {
    return DType.BOOL;
  }
}
