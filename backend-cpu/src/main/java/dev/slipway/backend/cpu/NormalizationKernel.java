package dev.slipway.backend.cpu;

/** Normalises rows that lie behind each other to mean 0 and variance 1, each by its own moments. */
interface NormalizationKernel {
  /**
   * Addresses are absolute, in bytes.
   *
   * @param to may be {@code from}
   * @param rows 1 at least
   * @param scale an element for each of a row
   * @param bias the same; not read where the specification has none
   * @param means of the rows are written there; 0 where nobody reads them
   * @param deviations what the rows are multiplied by is written there; 0 where nobody reads it
   */
  void run(long from, long to, int rows, long scale, long bias, long means, long deviations);
}
