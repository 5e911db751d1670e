package dev.slipway.backend.cpu;

/**
 * What register tiles are to cover.
 *
 * @param rows rows of pixels that a tile may span
 * @param pixels neighbouring pixels of each row
 * @param blocks vectors of output channels
 * @param steps multiply-adds for each result
 */
record TileGrid(int rows, int pixels, int blocks, int steps) {

  /** Rows of a matrix, which are the pixels of one row. */
  static TileGrid of(MatrixShape shape) {
    return new TileGrid(1, shape.rows(), shape.columnBlocks(), shape.depth());
  }
}
