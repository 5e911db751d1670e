package dev.slipway.backend.cpu;

/** Conditions of jumps and moves in the order of their codes; above and below compare unsigned numbers. */
enum Condition {
  OVERFLOW,
  NO_OVERFLOW,
  BELOW,
  ABOVE_OR_EQUAL,
  EQUAL,
  NOT_EQUAL,
  BELOW_OR_EQUAL,
  ABOVE,
  NEGATIVE,
  NOT_NEGATIVE,
  PARITY,
  NO_PARITY,
  LESS,
  GREATER_OR_EQUAL,
  LESS_OR_EQUAL,
  GREATER;

  int code() {
    return ordinal();
  }
}
