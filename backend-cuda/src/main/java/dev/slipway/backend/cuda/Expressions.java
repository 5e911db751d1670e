package dev.slipway.backend.cuda;

import dev.slipway.operators.Expression;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;

/** Looks into expressions. Parts of one may be shared, so that walking all paths could take forever. */
final class Expressions {
  private Expressions() {}

  /** Ports that an expression reads, in order. */
  static List<Integer> inputs(Expression expression) {
    SortedSet<Integer> ports = new TreeSet<>();
    collect(expression, ports, Collections.newSetFromMap(new IdentityHashMap<>()));
    return List.copyOf(ports);
  }

  private static void collect(Expression expression, SortedSet<Integer> ports, Set<Expression> seen) {
    if (!seen.add(expression)) {
      return;
    }
    switch (expression) {
      case Expression.Input(int port) -> ports.add(port);
      case Expression.Constant constant -> {}
      case Expression.Unary(var function, Expression x) -> collect(x, ports, seen);
      case Expression.Binary(var operation, Expression x, Expression y) -> {
        collect(x, ports, seen);
        collect(y, ports, seen);
      }
      case Expression.Select(Expression condition, Expression y, Expression z) -> {
        collect(condition, ports, seen);
        collect(y, ports, seen);
        collect(z, ports, seen);
      }
    }
  }

  /** The expression with some of its parts replaced; what replaces them is not looked into. */
  static Expression replace(Expression expression, Function<Expression, Optional<Expression>> by) {
    return replace(expression, by, new IdentityHashMap<>());
  }

  private static Expression replace(
      Expression expression,
      Function<Expression, Optional<Expression>> by,
      Map<Expression, Expression> known) {
    Expression done = known.get(expression);
    if (done != null) {
      return done;
    }
    Expression result = by.apply(expression).orElseGet(() -> switch (expression) {
      case Expression.Input input -> input;
      case Expression.Constant constant -> constant;
      case Expression.Unary(var function, Expression x) -> new Expression.Unary(function, replace(x, by, known));
      case Expression.Binary(var operation, Expression x, Expression y) ->
          new Expression.Binary(operation, replace(x, by, known), replace(y, by, known));
      case Expression.Select(Expression condition, Expression y, Expression z) ->
          new Expression.Select(replace(condition, by, known), replace(y, by, known), replace(z, by, known));
    });
    known.put(expression, result);
    return result;
  }

  static boolean isInput(Expression expression, int port) {
    return expression instanceof Expression.Input(int own) && own == port;
  }

  static boolean isConstant(Expression expression, double value) {
    return expression instanceof Expression.Constant(double own) && own == value;
  }

  /** The other term of a sum with an input, where that is an input too. */
  static Optional<Integer> addend(Expression expression, int port) {
    if (!(expression instanceof Expression.Binary(Expression.Operation operation, Expression x, Expression y))
        || operation != Expression.Operation.ADD) {
      return Optional.empty();
    }
    if (isInput(x, port) && y instanceof Expression.Input(int other)) {
      return Optional.of(other);
    }
    return isInput(y, port) && x instanceof Expression.Input(int other) ? Optional.of(other) : Optional.empty();
  }
}
