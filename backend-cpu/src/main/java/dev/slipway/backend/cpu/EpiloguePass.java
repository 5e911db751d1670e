package dev.slipway.backend.cpu;

import java.util.ArrayList;
import java.util.List;

/**
 * An epilogue applied in place to results that a kernel has just stored, while they lie in a near cache. The code of
 * the expression so exists once, and not in every tile kernel: those are costly to compile.
 */
final class EpiloguePass {
  private final PointwiseKernel kernel;

  /**
   * @param channel how a side with one element for each channel moves along a run: {@code VECTOR} in NCHW[c], where a
   *     run is many pixels of one block; {@code ADVANCE} in rows of a matrix
   */
  EpiloguePass(MicroKernels kernels, Epilogue epilogue, PointwiseSpec.Motion channel) {
    List<PointwiseSpec.Motion> motions = new ArrayList<>();
    motions.add(PointwiseSpec.Motion.ADVANCE);
    for (Side side : epilogue.sides()) {
      motions.add(switch (side) {
        case FULL -> PointwiseSpec.Motion.ADVANCE;
        case CHANNEL -> channel;
        case SCALAR -> PointwiseSpec.Motion.SCALAR;
      });
    }
    kernel = kernels.pointwise(
        new PointwiseSpec(Memory.SPECIES.vectorBitSize(), epilogue.shifted(), motions));
  }

  /** Applies it to {@code count} elements at {@code output}; sides lie at their addresses for the first of them. */
  void run(long output, long side0, long side1, long side2, int count) {
    run(output, side0, side1, side2, output, count);
  }

  /** Applies it to {@code count} results that lie elsewhere. */
  void run(long results, long side0, long side1, long side2, long output, int count) {
    kernel.run(results, side0, side1, side2, 0, 0, output, count);
  }
}
