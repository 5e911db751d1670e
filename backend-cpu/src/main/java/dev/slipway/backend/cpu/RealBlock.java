package dev.slipway.backend.cpu;

import dev.slipway.operators.Expression;

/** Evaluates expressions on blocks of doubles at absolute addresses. */
final class RealBlock {
  private RealBlock() {}

  /** Blocks that the parts of an expression take at most. */
  static int depth(Expression expression) {
    return switch (expression) {
      case Expression.Input _ -> 0;
      case Expression.Constant _ -> 1;
      case Expression.Unary(_, Expression x) -> 1 + depth(x);
      case Expression.Binary(_, Expression x, Expression y) -> 1 + depth(x) + depth(y);
      case Expression.Select(Expression c, Expression x, Expression y) -> 1 + depth(c) + depth(x) + depth(y);
    };
  }

  /**
   * Evaluates {@code count} elements.
   *
   * @param inputs the blocks of the inputs, {@code blockBytes} apart
   * @param free {@link #depth} blocks for the parts
   * @return where the results are: in an input or in the first free block
   */
  static long evaluate(Expression expression, long inputs, long blockBytes, long free, int count) {
    long next = free + blockBytes;
    switch (expression) {
      case Expression.Input(int port) -> {
        return inputs + port * blockBytes;
      }
      case Expression.Constant(double value) -> {
        for (int i = 0; i < count; i++) {
          TypedBlock.setDouble(free + 8L * i, value);
        }
      }
      case Expression.Unary(var function, Expression x) ->
          unary(function, evaluate(x, inputs, blockBytes, next, count), free, count);
      case Expression.Binary(var operation, Expression x, Expression y) -> {
        long left = evaluate(x, inputs, blockBytes, next, count);
        long right = evaluate(y, inputs, blockBytes, next + depth(x) * blockBytes, count);
        binary(operation, left, right, free, count);
      }
      case Expression.Select(Expression c, Expression x, Expression y) -> {
        long condition = evaluate(c, inputs, blockBytes, next, count);
        long yes = evaluate(x, inputs, blockBytes, next + depth(c) * blockBytes, count);
        long no = evaluate(y, inputs, blockBytes, next + (depth(c) + depth(x)) * blockBytes, count);
        for (long i = 0; i < 8L * count; i += 8) {
          boolean holds = TypedBlock.getDouble(condition + i) != 0;
          TypedBlock.setDouble(free + i, TypedBlock.getDouble((holds ? yes : no) + i));
        }
      }
    }
    return free;
  }

  private static void unary(Expression.Function function, long x, long to, int count) {
    Expression single = Expression.input(0).apply(function);
    for (long i = 0; i < 8L * count; i += 8) {
      TypedBlock.setDouble(to + i, single.evaluate(TypedBlock.getDouble(x + i)));
    }
  }

  private static void binary(Expression.Operation operation, long x, long y, long to, int count) {
    Expression single = new Expression.Binary(operation, Expression.input(0), Expression.input(1));
    for (long i = 0; i < 8L * count; i += 8) {
      TypedBlock.setDouble(to + i, single.evaluate(TypedBlock.getDouble(x + i), TypedBlock.getDouble(y + i)));
    }
  }
}
