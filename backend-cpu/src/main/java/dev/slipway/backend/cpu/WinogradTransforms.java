package dev.slipway.backend.cpu;

/**
 * The transforms of Winograd convolution between images in NCHW[c] and the matrices of its products, a strip at a time:
 * neighbouring tiles of one row of tiles. Thread-safe: all memory comes with the call.
 *
 * <p>A table of rows has the addresses of rows of pixels in the first block of channels, and behind them for each the
 * bytes to the same row of the next block: zero for a row that takes the place of one outside the image. A call
 * changes the addresses.
 */
interface WinogradTransforms {

  /**
   * B^T d B of a strip. Columns that are not read count as zeros.
   *
   * @param rows table of the m + 2 rows, at the first column that is read
   * @param before columns of the strip before the first that is read
   * @param columns columns that are read
   * @param to the first tile's vector for the first product, of the first block
   * @param blocks blocks of channels
   * @param scratch {@link WinogradSpec#scratchBytes}
   */
  void input(long rows, int before, int columns, int tiles, long to, int blocks, long scratch);

  /**
   * A^T M A of a strip, with bias and activation.
   *
   * @param from the first tile's vector for the first product, of the first block
   * @param bias one vector for each block
   * @param rows table of the m rows
   * @param blocks blocks of channels
   * @param scratch {@link WinogradSpec#scratchBytes}
   */
  void output(long from, int tiles, long bias, long rows, int blocks, long scratch);
}
