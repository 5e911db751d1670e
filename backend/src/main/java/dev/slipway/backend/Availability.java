package dev.slipway.backend;

/** Whether a backend can run on this machine. */
public sealed interface Availability {

  /** It can; the text says on what. */
  record Usable(String description) implements Availability {}

  /** It cannot, and why. */
  record Unusable(String reason) implements Availability {}
}
