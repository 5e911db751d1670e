package dev.slipway.runtime;

/** Told what a run does, in its order; times are those of {@link System#nanoTime}. */
interface RunObserver {

  void step(int index, long start, long end);

  /** A copy between the host and a device, ended. */
  void copy(boolean toDevice, long bytes, long start, long end);
}
