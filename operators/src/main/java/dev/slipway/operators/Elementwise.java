package dev.slipway.operators;

import dev.slipway.graph.Cost;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A pointwise operator whose meaning on floating point is an expression, which backends fuse and generate code from.
 * Integer and bool types evaluate through {@link #apply} where an operator overrides it.
 */
public interface Elementwise extends Pointwise {

  /** What is computed for one element of floating point where every formal input is there once. */
  Expression expression();

  /**
   * The same for a node with optional or variadic inputs.
   *
   * @param present for each input of the node whether it is there
   */
  default Expression expression(List<Boolean> present) {
    return expression();
  }

  @Override
  default long apply(DType type, long... x) {
    double[] reals = new double[x.length];
    for (int i = 0; i < reals.length; i++) {
      reals[i] = x[i];
    }
    return (long) expression().evaluate(reals);
  }

  @Override
  default Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, expression(Collections.nCopies(in.size(), true)).operations());
  }

  /** Integers by a table, or behind a layer on its accumulators. */
  @Override
  default QuantizationRule quantization() {
    return new QuantizationRule.Activation();
  }

  /** Four units for each operation; bool and integers are exact. */
  @Override
  default Tolerance tolerance(DType dtype) {
    return dtype.isFloat() ? Tolerance.epsilons(4.0 * Math.max(1, expression().operations())) : Tolerance.EXACT;
  }

  @Override
  default void evaluate(ReferenceContext ctx) {
    BroadcastLoop loop = BroadcastLoop.of(ctx);
    if (loop.isReal()) {
      loop.reals(expression(IntStream.range(0, ctx.inputCount()).mapToObj(ctx::has).toList()));
    } else {
      Pointwise.super.evaluate(ctx);
    }
  }
}
