package dev.slipway.backend.cpu;

/**
 * Extents of a matrix product [rows, depth] x [depth, columns].
 *
 * @param rows M
 * @param columns N
 * @param depth K
 */
record MatrixShape(int rows, int columns, int depth) {
  int columnBlocks() {
    return Math.ceilDiv(columns, Memory.LANES);
  }
}
