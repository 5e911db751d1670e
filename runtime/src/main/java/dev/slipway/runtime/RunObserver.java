package dev.slipway.runtime;

/** Told what a run does, in its order; times are those of {@link System#nanoTime}. */
interface RunObserver {

  void step(int index, long start, long end);

  /** So long was something else done, which is no part of the run: before all that is told, or behind it. */
  default void outside(long nanos) {}

  /** A copy between the host and a device, ended. */
  void copy(boolean toDevice, long bytes, long start, long end);
}
