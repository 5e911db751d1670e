package dev.slipway.backend.cpu;

import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Function;
import java.util.List;
import java.util.Optional;

/**
 * Transcendental functions over memory, for kernels written by hand: see {@link FunctionCode} for why these are no
 * functions of vectors.
 */
final class VectorFunctions {
  private final MicroKernels kernels;
  private Optional<PointwiseKernel> exp = Optional.empty();
  private Optional<PointwiseKernel> sigmoid = Optional.empty();
  private Optional<PointwiseKernel> tanh = Optional.empty();

  VectorFunctions(MicroKernels kernels) {
    this.kernels = kernels;
  }

  /** e^x of {@code count} floats; {@code to} may be {@code from}. */
  void exp(long from, long to, int count) {
    if (exp.isEmpty()) {
      exp = made(Function.EXP);
    }
    exp.get().run(from, 0, 0, 0, 0, 0, to, count);
  }

  /** 1 / (1 + e^-x) of {@code count} floats; {@code to} may be {@code from}. */
  void sigmoid(long from, long to, int count) {
    if (sigmoid.isEmpty()) {
      sigmoid = made(Function.SIGMOID);
    }
    sigmoid.get().run(from, 0, 0, 0, 0, 0, to, count);
  }

  void tanh(long from, long to, int count) {
    if (tanh.isEmpty()) {
      tanh = made(Function.TANH);
    }
    tanh.get().run(from, 0, 0, 0, 0, 0, to, count);
  }

  /** Made when it is first used; threads that meet there make the same. */
  private Optional<PointwiseKernel> made(Function function) {
    return Optional.of(kernel(kernels, function));
  }

  /** A function of its first operand. */
  static PointwiseKernel kernel(MicroKernels kernels, Function function) {
    return kernels.pointwise(new PointwiseSpec(
        Memory.SPECIES.vectorBitSize(), Expression.input(0).apply(function), List.of(PointwiseSpec.Motion.ADVANCE)));
  }
}
