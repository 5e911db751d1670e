package dev.slipway.backend.cpu;

/**
 * What register tiles are to cover.
 *
 * @param rows rows of pixels that a tile may span
 * @param pixels neighbouring pixels of each row
 * @param blocks vectors of output channels
 * @param steps multiply-adds for each result
 * @param stride bytes between the inputs of two neighbouring pixels; 0 where they lie close together
 */
record TileGrid(int rows, int pixels, int blocks, int steps, int stride) {

  /** Of pixels that lie close together. */
  TileGrid(int rows, int pixels, int blocks, int steps) {
    this(rows, pixels, blocks, steps, 0);
  }

  /** Rows of a matrix without gaps, which are the pixels of one row. */
  static TileGrid of(MatrixShape shape) {
    return new TileGrid(1, shape.rows(), shape.columnBlocks(), shape.depth(), shape.depth() * Float.BYTES);
  }
}
