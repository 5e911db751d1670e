package dev.slipway.backend.cpu;

import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Function;
import java.util.List;

/**
 * Transcendental functions over memory, for kernels written by hand: see {@link FunctionCode} for why these are no
 * functions of vectors.
 */
final class VectorFunctions {
  private static final PointwiseKernel EXP = kernel(Function.EXP);
  private static final PointwiseKernel SIGMOID = kernel(Function.SIGMOID);
  private static final PointwiseKernel TANH = kernel(Function.TANH);

  private VectorFunctions() {}

  /** e^x of {@code count} floats; {@code to} may be {@code from}. */
  static void exp(long from, long to, int count) {
    EXP.run(from, 0, 0, 0, 0, 0, to, count);
  }

  /** 1 / (1 + e^-x) of {@code count} floats; {@code to} may be {@code from}. */
  static void sigmoid(long from, long to, int count) {
    SIGMOID.run(from, 0, 0, 0, 0, 0, to, count);
  }

  static void tanh(long from, long to, int count) {
    TANH.run(from, 0, 0, 0, 0, 0, to, count);
  }

  private static PointwiseKernel kernel(Function function) {
    return PointwiseKernelGenerator.kernel(
        new PointwiseSpec(
            Memory.SPECIES.vectorBitSize(),
            Expression.input(0).apply(function),
            List.of(PointwiseSpec.Motion.ADVANCE)));
  }
}
