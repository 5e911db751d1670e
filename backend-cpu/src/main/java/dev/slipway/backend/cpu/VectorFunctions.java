package dev.slipway.backend.cpu;

import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Function;
import java.util.List;

/**
 * Transcendental functions over memory, for kernels written by hand: see {@link FunctionCode} for why these are no
 * functions of vectors.
 */
final class VectorFunctions {
  private final PointwiseKernel exp;
  private final PointwiseKernel sigmoid;
  private final PointwiseKernel tanh;

  VectorFunctions(MicroKernels kernels) {
    exp = kernel(kernels, Function.EXP);
    sigmoid = kernel(kernels, Function.SIGMOID);
    tanh = kernel(kernels, Function.TANH);
  }

  /** e^x of {@code count} floats; {@code to} may be {@code from}. */
  void exp(long from, long to, int count) {
    exp.run(from, 0, 0, 0, 0, 0, to, count);
  }

  /** 1 / (1 + e^-x) of {@code count} floats; {@code to} may be {@code from}. */
  void sigmoid(long from, long to, int count) {
    sigmoid.run(from, 0, 0, 0, 0, 0, to, count);
  }

  void tanh(long from, long to, int count) {
    tanh.run(from, 0, 0, 0, 0, 0, to, count);
  }

  private static PointwiseKernel kernel(MicroKernels kernels, Function function) {
    return kernels.pointwise(
        new PointwiseSpec(
            Memory.SPECIES.vectorBitSize(),
            Expression.input(0).apply(function),
            List.of(PointwiseSpec.Motion.ADVANCE)));
  }
}
