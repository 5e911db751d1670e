package dev.slipway.backend;

/** Whether a tactic can make a kernel. */
public sealed interface Support {

  /** It can; the time is the cost model's guess in microseconds, to order tactics by where nothing was measured. */
  record Supported(double predictedMicros) implements Support {}

  /** It cannot, and why: {@code dilations [2, 2] (expected: [1, 1])}. */
  record Unsupported(String reason) implements Support {}
}
