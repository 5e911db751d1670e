package dev.slipway.backend.cuda;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The context of one device, which is current per platform thread: whoever calls the driver makes it current before.
 * Counts what is open in it. Thread-safe.
 */
final class CudaContext implements AutoCloseable {
  private final Driver driver;
  private final int ordinal;
  private final long handle;
  private final AtomicLong open = new AtomicLong();

  CudaContext(Driver driver, int ordinal) {
    this.driver = driver;
    this.ordinal = ordinal;
    this.handle = driver.retainContext(ordinal);
  }

  /** The driver, with this context current on the calling thread. */
  Driver enter() {
    driver.setContext(handle);
    return driver;
  }

  /** Something was made that has to be freed; the same number with a minus when it is. */
  void count(int made) {
    open.addAndGet(made);
  }

  /** Allocations, streams, events, graphs and modules that are not freed yet. */
  long openCount() {
    return open.get();
  }

  @Override
  public void close() {
    driver.releaseContext(ordinal);
  }
}
