package dev.slipway.backend;

import dev.slipway.tensor.SlipwayException;

/**
 * How to open a backend.
 *
 * @param threads threads that work on one kernel, the calling thread included
 * @param ordinal which of several devices
 */
public record BackendOptions(int threads, int ordinal) {
  public BackendOptions {
    if (threads < 1) {
      throw new SlipwayException("threads: " + threads + " (expected: >= 1)");
    }
  }

  /** As many threads as the machine has processors, on the first device. */
  public static BackendOptions defaults() {
    return withThreads(Runtime.getRuntime().availableProcessors());
  }

  public static BackendOptions withThreads(int threads) {
    return new BackendOptions(threads, 0);
  }
}
