package dev.slipway.backend.cpu;

/**
 * Moves matrices of floats, or of others of 32 bits, in memory. Addresses are absolute and strides go from one row to
 * the next, in bytes.
 */
interface MatrixMoves {
  void copy(long from, long fromStride, long to, long toStride, int rows, int columns);

  /** Rows and columns are those of the source: {@code to[column][row] = from[row][column]}. */
  void transpose(long from, long fromStride, long to, long toStride, int rows, int columns);

  /** The transposition element by element, of columns from {@code first} on. */
  static void transposeSingly(
      long from, long fromStride, long to, long toStride, int rows, int first, int columns) {
    for (int row = 0; row < rows; row++) {
      long source = from + row * fromStride;
      long target = to + (long) row * Float.BYTES;
      for (int column = first; column < columns; column++) {
        AddressSpace.setInt(target + column * toStride, AddressSpace.getInt(source + (long) column * Float.BYTES));
      }
    }
  }
}
