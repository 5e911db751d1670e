package dev.slipway.backend.cpu;

import dev.slipway.operators.Expression.Operation;
import java.util.Optional;

/** Comparisons of floats; with a NaN only {@code NOT_EQUAL} holds. */
enum Comparison {
  EQUAL(0x00),
  NOT_EQUAL(0x04),
  LESS(0x11),
  LESS_OR_EQUAL(0x12),
  GREATER_OR_EQUAL(0x1D),
  GREATER(0x1E);

  private final int predicate;

  Comparison(int predicate) {
    this.predicate = predicate;
  }

  /** The one that an operation stands for; empty for operations that compare nothing. */
  static Optional<Comparison> of(Operation operation) {
    return switch (operation) {
      case LESS -> Optional.of(LESS);
      case LESS_OR_EQUAL -> Optional.of(LESS_OR_EQUAL);
      case GREATER -> Optional.of(GREATER);
      case GREATER_OR_EQUAL -> Optional.of(GREATER_OR_EQUAL);
      case EQUAL -> Optional.of(EQUAL);
      case ADD, SUBTRACT, MULTIPLY, DIVIDE, MIN, MAX, POWER -> Optional.empty();
    };
  }

  /** The quiet predicate of {@code vcmpps} (Intel SDM volume 2, CMPPD). */
  int predicate() {
    return predicate;
  }
}
