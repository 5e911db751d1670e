package dev.slipway.backend.cuda;

/**
 * How many blocks a kernel is launched with.
 *
 * @param threads of a block
 */
record Grid(int x, int y, int z, int threads) {
  private static final int THREADS = 256;

  Grid {
    if (x < 1 || y < 1 || y > 65535 || z < 1 || z > 65535 || threads < 1 || threads > 1024) {
      throw new IllegalArgumentException(
          "grid: " + x + "x" + y + "x" + z + " of " + threads + " threads (expected: 1 to 65535 in y and z)");
    }
  }

  /** A thread for each item. */
  static Grid covering(long items) {
    return blocks(Math.ceilDiv(items, THREADS), THREADS);
  }

  static Grid blocks(long count, int threads) {
    return new Grid(Math.toIntExact(Math.max(1, count)), 1, 1, threads);
  }
}
