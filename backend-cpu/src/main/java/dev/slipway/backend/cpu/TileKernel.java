package dev.slipway.backend.cpu;

/**
 * The micro-kernel of convolutions and matrix products: a register tile of pixels x vectors of output channels.
 *
 * <p>{@code out[p][n] = activation(bias[n] + sum over segments s, steps k of in[p * inputStride + offset(s) + 4k] *
 * weights[s][k][n])}
 *
 * <p>A segment is a run of consecutive floats of the input. That one form covers a matrix product (one segment of
 * length K), a convolution over NCHW[c] (a segment of c channels for each input block and tap), over plain NCHW (a
 * segment of kernel width for each channel and kernel row) and over NHWC.
 */
interface TileKernel {
  /** Bytes of one entry of the segment table: a 64-bit byte offset and a 64-bit number of steps. */
  int SEGMENT_BYTES = 16;

  /**
   * Computes {@code tiles} tiles of neighbouring pixels. All addresses are absolute, in bytes.
   *
   * @param input the first pixel's input, to which segment offsets are added
   * @param segments table of {@code segmentCount} entries of {@link #SEGMENT_BYTES}
   * @param weights one panel, [steps of all segments][blocks * lanes]
   * @param bias [blocks * lanes]
   * @param blockStride bytes between two column vectors of the output
   */
  void run(
      long input,
      long segments,
      int segmentCount,
      long weights,
      long bias,
      long output,
      long blockStride,
      int tiles);
}
