package dev.slipway.backend.cpu;

import java.util.concurrent.atomic.AtomicLongArray;

/** Longs that several threads change, so far apart that no two of them share a cache line. Thread-safe. */
final class SpacedLongs {
  /** Two cache lines: the processor fetches neighbours in pairs. */
  private static final int SPACING = 128 / Long.BYTES;

  private final AtomicLongArray values;

  /** Zeros. */
  SpacedLongs(int count) {
    values = new AtomicLongArray((count + 1) * SPACING);
  }

  long get(int index) {
    return values.getAcquire(slot(index));
  }

  void set(int index, long value) {
    values.setRelease(slot(index), value);
  }

  void add(int index, long value) {
    values.getAndAdd(slot(index), value);
  }

  boolean compareAndSet(int index, long expected, long value) {
    return values.compareAndSet(slot(index), expected, value);
  }

  /** What lies in front of the first one is the array's length. */
  private static int slot(int index) {
    return (index + 1) * SPACING;
  }
}
