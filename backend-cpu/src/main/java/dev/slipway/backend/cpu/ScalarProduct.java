package dev.slipway.backend.cpu;

/** The inner loop of scalar matrix products and convolutions: one row times a tile of columns. */
final class ScalarProduct {
  /** Columns of a tile: rows of it stay in the first-level cache. */
  static final int TILE = 128;

  /** Multiplications and additions in a nanosecond, roughly, for cost models. */
  static final double FMAS_PER_NANO = 4;

  private ScalarProduct() {}

  /**
   * {@code result[i] += sum over k of row[k] * tile[k][i]}. Four rows of the tile at once, so that the result is
   * loaded and stored a quarter as often. Rows are arrays of their own: the compiler makes vector instructions of the
   * loop only where all indices are equal, since it cannot tell otherwise that the arrays do not overlap.
   *
   * @param depth elements of the row
   * @param width columns in use
   */
  static void addRow(float[] row, int depth, float[][] tile, int width, float[] result) {
    int k = 0;
    for (; k + 4 <= depth; k += 4) {
      addFour(
          row[k], row[k + 1], row[k + 2], row[k + 3], tile[k], tile[k + 1], tile[k + 2], tile[k + 3], width, result);
    }
    for (; k < depth; k++) {
      addOne(row[k], tile[k], width, result);
    }
  }

  private static void addFour(
      float a, float b, float c, float d, float[] x, float[] y, float[] z, float[] w, int width, float[] result) {
    for (int i = 0; i < width; i++) {
      result[i] += a * x[i] + b * y[i] + (c * z[i] + d * w[i]);
    }
  }

  private static void addOne(float a, float[] x, int width, float[] result) {
    for (int i = 0; i < width; i++) {
      result[i] += a * x[i];
    }
  }
}
