package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;

/** What the inputs of some steps give to the gates of a recurrent network: one product for all these steps. */
final class GateProjection {
  /** Steps at a time: as many as vector registers hold the gates of. */
  private static final int STEPS = Math.max(1, Memory.LANES / GateProduct.GATES);

  private final TileKernel several;
  private final TileKernel single;
  private final SegmentTable segments;
  private final int inputStride;
  private final int gateBytes;

  /**
   * @param inputs floats of the input of a step
   * @param inputStride bytes to the input of the next; negative for a sequence that is walked backwards
   * @param gateBytes bytes of the gates of a step
   */
  GateProjection(MicroKernels kernels, int inputs, int inputStride, int gateBytes) {
    this.inputStride = inputStride;
    this.gateBytes = gateBytes;
    segments = SegmentTable.of(inputs, Arena.ofAuto());
    several = kernels.tile(spec(STEPS));
    single = kernels.tile(spec(1));
  }

  private TileSpec spec(int steps) {
    return new TileSpec(
        Memory.SPECIES.vectorBitSize(),
        new TileShape(steps, GateProduct.GATES),
        new TileSpec.Strides(inputStride, 0, 0),
        new TileSpec.Strides(gateBytes, 0, Memory.VECTOR_BYTES),
        Memory.LANES,
        Epilogue.NONE);
  }

  /**
   * Addresses are absolute.
   *
   * @param input of the first step
   * @param weights packed as {@link GateProduct} says
   * @param bias [blocks][gates][lanes]
   * @param to [steps][blocks][gates][lanes]
   */
  void run(long input, int steps, long weights, long bias, int blocks, long to) {
    int tiles = steps / STEPS;
    int done = tiles * STEPS;
    for (int block = 0; block < blocks; block++) {
      long offset = (long) block * GateProduct.BLOCK_BYTES;
      long panel = weights + offset * segments.steps();
      if (tiles > 0) {
        several.run(input, segments.address(), panel, bias + offset, to + offset, 0, 0, 0, tiles, 1);
      }
      if (done < steps) {
        long rest = input + (long) done * inputStride;
        long gates = to + (long) done * gateBytes + offset;
        single.run(rest, segments.address(), panel, bias + offset, gates, 0, 0, 0, steps - done, 1);
      }
    }
  }
}
