package dev.slipway.cli;

/** What the process returns. */
final class ExitStatus {
  /** Done. */
  static final int DONE = 0;

  /** It was done, and the answer is no: outputs differ, tests failed. */
  static final int NO = 1;

  /** Arguments or input are unusable. */
  static final int UNUSABLE = 2;

  /** The environment lacks something: a backend, a library. */
  static final int ENVIRONMENT = 3;

  private ExitStatus() {}
}
