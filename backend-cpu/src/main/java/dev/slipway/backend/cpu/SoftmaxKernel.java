package dev.slipway.backend.cpu;

/** Softmax of rows whose elements lie behind each other. */
interface SoftmaxKernel {
  /**
   * Addresses are absolute, in bytes.
   *
   * @param to may be {@code from}
   * @param stride bytes from one row to the next, in both
   * @param length elements of a row, 1 at least
   * @param rows 1 at least
   */
  void run(long from, long to, long stride, int length, int rows);
}
