package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;
import dev.slipway.operators.Expression;
import java.util.List;

/**
 * What becomes of each result of a kernel before it is stored.
 *
 * @param expression of {@code Input(RESULT)}, the kernel's own result, and {@code Input(i)}, the element of side i
 * @param sides further operands, at most {@link #MAX_SIDES}
 */
record Epilogue(Expression expression, List<Side> sides) {
  /** Kernels take the addresses of so many sides as parameters. */
  static final int MAX_SIDES = 3;

  /** Stores the result as it is. */
  static final Epilogue NONE = of(Expression.input(FusedGroup.RESULT));

  /** Operations that are applied to every accumulator in registers, at most. */
  private static final int INLINE_OPERATIONS = 3;

  Epilogue {
    sides = List.copyOf(sides);
    if (sides.size() > MAX_SIDES) {
      throw new IllegalArgumentException("sides: " + sides.size() + " (expected: at most " + MAX_SIDES + ")");
    }
  }

  /** An epilogue of the result alone. */
  static Epilogue of(Expression expression) {
    return new Epilogue(expression, List.of());
  }

  /** Cheap enough to be applied to accumulators in registers, instead of in an {@link EpiloguePass} over memory. */
  boolean inline() {
    return sides.isEmpty() && operations(expression) <= INLINE_OPERATIONS;
  }

  /** The expression with the result as input 0 and side i as input i + 1. */
  Expression shifted() {
    return shift(expression);
  }

  /** Whether 0 becomes 0 where all sides are 0, as the padding channels of a blocked layout must stay. */
  boolean keepsZero() {
    return !sides.contains(Side.SCALAR) && shift(expression).evaluate(new double[sides.size() + 1]) == 0;
  }

  /**
   * Bytes from the first element of a side to the one beside a result; 0 where there is no such side.
   *
   * @param channelBytes from the first channel to that of the result
   * @param outputOffset from the first result to this one
   */
  long sideOffset(int side, long channelBytes, long outputOffset) {
    if (side >= sides.size()) {
      return 0;
    }
    return switch (sides.get(side)) {
      case FULL -> outputOffset;
      case CHANNEL -> channelBytes;
      case SCALAR -> 0;
    };
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Epilogue epilogue
        && expression.equals(epilogue.expression) && sides.equals(epilogue.sides);
  }

  @Override
  public int hashCode() {
    return 31 * expression.hashCode() + sides.hashCode();
  }

  @Override
  public String toString() {
    return expression + " " + sides;
  }

  private static Expression shift(Expression expression) {
    return switch (expression) {
      case Expression.Input(int port) -> Expression.input(port + 1);
      case Expression.Constant constant -> constant;
      case Expression.Unary(var f, var x) -> new Expression.Unary(f, shift(x));
      case Expression.Binary(var o, var x, var y) -> new Expression.Binary(o, shift(x), shift(y));
      case Expression.Select(var c, var y, var z) -> new Expression.Select(shift(c), shift(y), shift(z));
    };
  }

  private static int operations(Expression expression) {
    return switch (expression) {
      case Expression.Input _, Expression.Constant _ -> 0;
      case Expression.Unary(var function, var x) -> operations(x) + switch (function) {
        case NEGATE, ABS -> 1;
        default -> INLINE_OPERATIONS + 1;
      };
      case Expression.Binary(var operation, var x, var y) -> operations(x) + operations(y) + switch (operation) {
        case POWER -> INLINE_OPERATIONS + 1;
        default -> 1;
      };
      case Expression.Select(var c, var y, var z) -> 1 + operations(c) + operations(y) + operations(z);
    };
  }
}
