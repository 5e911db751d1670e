package dev.slipway.backend.cpu;

/**
 * The micro-kernel of convolutions and matrix products: a register tile of pixels x vectors of output channels.
 *
 * <p>{@code out[p][n] = epilogue(bias[n] + sum over segments s, steps k of in[offset(p) + offset(s) + 4k] *
 * weights[s][k][n])}
 *
 * <p>A segment is a run of consecutive floats of the input. That one form covers a matrix product (one segment of
 * length K), a convolution over NCHW[c] (a segment of c channels for each input block and tap), over plain NCHW (a
 * segment of kernel width for each channel and kernel row) and over NHWC.
 */
interface TileKernel {
  /**
   * Computes {@code rows} rows of {@code tiles} neighbouring tiles. All addresses are absolute, in bytes; sides lie as
   * the epilogue says, at the first pixel and channel.
   *
   * @param input the first pixel's input, to which segment offsets are added
   * @param segments a {@link SegmentTable}
   * @param weights one panel, [steps of all segments][blocks * lanes]
   * @param bias [blocks * lanes]
   * @param side0 address of the epilogue's first side; ignored where there is none
   * @param rows rows of tiles: each is as many rows of pixels as the tile has
   */
  void run(
      long input,
      long segments,
      long weights,
      long bias,
      long output,
      long side0,
      long side1,
      long side2,
      int tiles,
      int rows);
}
