package dev.slipway.backend.cuda;

import dev.slipway.backend.FusedGroup;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Operation;
import java.util.Optional;

/** {@code result · y + side · x + constant}, of the result y of a group's anchor and another input x. */
record LinearExpression(double result, double side, double constant) {

  /** The form of an expression, empty where it has no such form. */
  static Optional<LinearExpression> of(Expression expression, int side) {
    return switch (expression) {
      case Expression.Input(int port) when port == FusedGroup.RESULT -> Optional.of(new LinearExpression(1, 0, 0));
      case Expression.Input(int port) when port == side -> Optional.of(new LinearExpression(0, 1, 0));
      case Expression.Constant(double value) -> Optional.of(new LinearExpression(0, 0, value));
      case Expression.Binary(Operation operation, Expression x, Expression y) ->
          of(x, side).flatMap(left -> of(y, side).flatMap(right -> left.combined(operation, right)));
      default -> Optional.empty();
    };
  }

  private Optional<LinearExpression> combined(Operation operation, LinearExpression other) {
    return switch (operation) {
      case ADD -> Optional.of(plus(other));
      case SUBTRACT -> Optional.of(plus(other.times(-1)));
      case MULTIPLY -> other.isConstant()
          ? Optional.of(times(other.constant))
          : isConstant() ? Optional.of(other.times(constant)) : Optional.empty();
      default -> Optional.empty();
    };
  }

  private boolean isConstant() {
    return result == 0 && side == 0;
  }

  private LinearExpression plus(LinearExpression other) {
    return new LinearExpression(result + other.result, side + other.side, constant + other.constant);
  }

  private LinearExpression times(double factor) {
    return new LinearExpression(result * factor, side * factor, constant * factor);
  }
}
