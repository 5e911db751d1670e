package dev.slipway.backend.cpu;

/** Weighted sums of runs of floats that lie anywhere in the input: resampling along one axis. Thread-safe. */
interface BlendKernel {
  /** Runs in one sum, at most. */
  int MAX_TAPS = 8;

  /** Bytes that describe one run of a sum: a 32-bit byte offset into the input, and a float that weighs it. */
  int TAP_BYTES = 8;

  /**
   * Computes sums, which follow each other in the output. Addresses are absolute.
   *
   * @param table for each sum its taps
   * @param count sums
   * @param length floats of each run
   */
  void run(long input, long table, long output, int count, int length);
}
