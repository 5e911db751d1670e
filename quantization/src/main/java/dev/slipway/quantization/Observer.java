package dev.slipway.quantization;

/** Watches the values that one tensor takes over many samples, in bounded memory. Not thread-safe. */
public interface Observer {

  /** Some of the values of a sample: the first {@code count} of an array that the caller reuses. Finite numbers. */
  void observe(float[] values, int count);

  /** All values of a sample have been given. */
  default void endSample() {}

  /** The range to quantise, by what was seen so far; {@link Range#EMPTY} where that was nothing. */
  Range range();
}
