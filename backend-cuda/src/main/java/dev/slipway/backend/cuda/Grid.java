package dev.slipway.backend.cuda;

/**
 * How many blocks a kernel is launched with.
 *
 * @param threads of a block along its first axis
 */
record Grid(int x, int y, int z, int threads, int threadsY, int threadsZ) {
  private static final int THREADS = 256;

  Grid {
    if (x < 1 || y < 1 || y > 65535 || z < 1 || z > 65535 || threads < 1 || threadsY < 1 || threadsZ < 1
        || (long) threads * threadsY * threadsZ > 1024) {
      throw new IllegalArgumentException("grid: " + x + "x" + y + "x" + z + " of " + threads + "x" + threadsY + "x"
          + threadsZ + " threads (expected: 1 to 65535 in y and z, 1 to 1024 threads)");
    }
  }

  Grid(int x, int y, int z, int threads) {
    this(x, y, z, threads, 1, 1);
  }

  /** A thread for each item. */
  static Grid covering(long items) {
    return blocks(Math.ceilDiv(items, THREADS), THREADS);
  }

  static Grid blocks(long count, int threads) {
    return new Grid(Math.toIntExact(Math.max(1, count)), 1, 1, threads);
  }
}
