package dev.slipway.backend.cpu;

import java.util.Arrays;

/** The inner loop of scalar matrix products and convolutions: one row times a tile of columns. */
final class ScalarProduct {
  /** Columns of a tile: rows of it stay in the first-level cache. */
  static final int TILE = 128;

  /** Products that are summed as floats. */
  private static final int PART = 32;

  /** Multiplications and additions in a nanosecond, roughly, for cost models. */
  static final double FMAS_PER_NANO = 4;

  private ScalarProduct() {}

  /**
   * {@code sums[i] += sum over k of row[k] * tile[k][i]}. Four rows of the tile at once, so that the partial sums are
   * loaded and stored a quarter as often; every {@link #PART} of them go to doubles, so that errors do not grow with
   * the depth. Rows are arrays of their own: the compiler makes vector instructions of a loop only where all indices
   * are equal, since it cannot tell otherwise that the arrays do not overlap.
   *
   * @param depth elements of the row
   * @param width columns in use
   * @param part memory for partial sums
   */
  static void addRow(float[] row, int depth, float[][] tile, int width, float[] part, double[] sums) {
    for (int from = 0; from < depth; from += PART) {
      int to = Math.min(depth, from + PART);
      Arrays.fill(part, 0, width, 0);
      int k = from;
      for (; k + 4 <= to; k += 4) {
        addFour(
            row[k], row[k + 1], row[k + 2], row[k + 3], tile[k], tile[k + 1], tile[k + 2], tile[k + 3], width, part);
      }
      for (; k < to; k++) {
        addOne(row[k], tile[k], width, part);
      }
      add(part, width, sums);
    }
  }

  private static void add(float[] part, int width, double[] sums) {
    for (int i = 0; i < width; i++) {
      sums[i] += part[i];
    }
  }

  /** Rounds the sums to floats. */
  static void round(double[] sums, int width, float[] result) {
    for (int i = 0; i < width; i++) {
      result[i] = (float) sums[i];
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
