package dev.slipway.backend.cpu;

/**
 * The micro-kernel of products of bytes: a register tile of neighbouring pixels x blocks of sixteen output channels.
 *
 * <p>{@code sum[p][n] = start[n] + correction[p] + sum over segments s, steps k, i < 4 of in[offset(p) + offset(s) +
 * 4k + i] * weights[s][k][n][i]}, inputs unsigned and weights signed; then what {@code QuantizedConv} says of such a
 * sum, and the epilogue.
 *
 * <p>A segment is a run of whole steps of four bytes: sixteen channels of a pixel are four.
 */
interface ByteTileKernel {
  /**
   * The addresses of one call, absolute, in bytes.
   *
   * @param input the first pixel's input, to which segment offsets are added
   * @param segments a {@link SegmentTable}
   * @param weights one panel of {@link ByteWeights}
   * @param parameters the panel's {@link ChannelParameters}
   * @param constants those of {@link RoundingConstants}; ignored where results stay floats
   * @param beside a number for each pixel, an int that corrects its sums or a float that multiplies scales, or the
   *     first pixel's side; ignored where there is neither
   */
  record Operands(
      long input, long segments, long weights, long parameters, long output, long constants, long beside) {}

  /** Computes {@code rows} rows of {@code tiles} neighbouring tiles. */
  void run(Operands at, int tiles, int rows);
}
