package dev.slipway.backend.cpu;

import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Function;
import dev.slipway.operators.Expression.Operation;
import java.lang.classfile.CodeBuilder;
import java.util.HashMap;
import java.util.Map;

/**
 * Emits an {@link Expression} over vectors. Constants become locals ahead of the loop; equal subexpressions are
 * computed once.
 */
final class ExpressionCode {
  private final Expression expression;
  private final CodeBuilder code;
  private final VectorCode vector;
  private final FunctionCode functions;

  /** Emits the constants into new locals. */
  ExpressionCode(Expression expression, CodeBuilder code, VectorCode vector) {
    this.expression = expression;
    this.code = code;
    this.vector = vector;
    functions = new FunctionCode(code, vector);
    declare(expression);
  }

  /** Whether every operation of the expression can be emitted. */
  static boolean supports(Expression expression) {
    return switch (expression) {
      case Expression.Input _, Expression.Constant _ -> true;
      case Expression.Unary(Function function, Expression x) -> switch (function) {
        case ASINH, ACOSH, ATANH -> false;
        default -> supports(x);
      };
      case Expression.Binary(Operation _, Expression x, Expression y) -> supports(x) && supports(y);
      case Expression.Select(Expression c, Expression y, Expression z) -> supports(c) && supports(y) && supports(z);
    };
  }

  /**
   * Emits one evaluation.
   *
   * @param inputs for each port the local that holds its vector
   * @return a local with the result
   */
  int evaluate(Map<Integer, Integer> inputs) {
    Map<Expression, Integer> known = new HashMap<>();
    inputs.forEach((port, local) -> known.put(Expression.input(port), local));
    return emit(expression, known);
  }

  private void declare(Expression e) {
    switch (e) {
      case Expression.Input _ -> {}
      case Expression.Constant(double value) -> functions.declare((float) value);
      case Expression.Unary(Function function, Expression x) -> {
        switch (function) {
          case RECIPROCAL, IS_NAN, NOT, SIGN -> functions.declare(0, 1);
          case EXP -> functions.declareFullExp();
          case SIGMOID -> functions.declareExp();
          case TANH -> functions.declareTanh();
          case ERF -> functions.declareErf();
          case FLOOR, CEIL, ROUND -> functions.declareRounding();
          case NEGATE, ABS, SQRT, EXPM1, LOG, LOG1P -> {}
          case SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, ASINH, ACOSH, ATANH -> {}
        }
        declare(x);
      }
      case Expression.Binary(Operation operation, Expression x, Expression y) -> {
        switch (operation) {
          case LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL, EQUAL -> functions.declare(0, 1);
          case DIVIDE -> {
            if (y instanceof Expression.Constant(double value) && value != 0) {
              functions.declare((float) (1 / value));
            }
          }
          case POWER -> functions.declare(1);
          default -> {}
        }
        declare(x);
        declare(y);
      }
      case Expression.Select(Expression c, Expression y, Expression z) -> {
        functions.declare(0);
        declare(c);
        declare(y);
        declare(z);
      }
    }
  }

  private int emit(Expression e, Map<Expression, Integer> known) {
    Integer done = known.get(e);
    if (done != null) {
      return done;
    }
    int local =
        switch (e) {
          case Expression.Input(int port) ->
              throw new IllegalArgumentException("input: " + port + " (expected: one of " + known.keySet() + ")");
          case Expression.Constant(double value) -> functions.constant((float) value);
          case Expression.Unary(Function function, Expression x) -> unary(function, emit(x, known));
          case Expression.Binary(Operation operation, Expression x, Expression y) -> binary(operation, x, y, known);
          case Expression.Select(Expression c, Expression y, Expression z) -> select(c, y, z, known);
        };
    known.put(e, local);
    return local;
  }

  private int unary(Function function, int x) {
    switch (function) {
      case NEGATE -> method("neg", x);
      case ABS -> method("abs", x);
      case SQRT -> method("sqrt", x);
      case RECIPROCAL -> {
        code.aload(functions.constant(1)).aload(x);
        vector.binary("div");
      }
      case IS_NAN -> truth("NE", x, x);
      case NOT -> truth("EQ", x, functions.constant(0));
      case EXP -> {
        return functions.fullExp(x);
      }
      case TANH -> {
        return functions.tanh(x);
      }
      case ERF -> {
        return functions.erf(x);
      }
      case SIGMOID -> {
        return functions.sigmoid(x);
      }
      case SIGN -> {
        return functions.sign(x);
      }
      case FLOOR -> {
        return functions.floor(x);
      }
      case CEIL -> {
        return functions.ceil(x);
      }
      case ROUND -> {
        return functions.round(x);
      }
      case EXPM1, LOG, LOG1P, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH -> {
        code.aload(x);
        vector.unaryOperator(function.name());
      }
      case ASINH, ACOSH, ATANH ->
          throw new IllegalArgumentException("function: " + function + " (expected: one with vector code)");
    }
    return stored();
  }

  private int binary(Operation operation, Expression x, Expression y, Map<Expression, Integer> known) {
    int a = emit(x, known);
    if (operation == Operation.POWER) {
      return power(a, y, known);
    }
    if (operation == Operation.DIVIDE && y instanceof Expression.Constant(double value) && value != 0) {
      code.aload(a).aload(functions.constant((float) (1 / value)));
      vector.binary("mul");
      return stored();
    }
    int b = emit(y, known);
    switch (operation) {
      case ADD -> arithmetic("add", a, b);
      case SUBTRACT -> arithmetic("sub", a, b);
      case MULTIPLY -> arithmetic("mul", a, b);
      case DIVIDE -> arithmetic("div", a, b);
      case MIN -> extremum("min", "GT", x, y, a, b);
      case MAX -> extremum("max", "LT", x, y, a, b);
      case LESS -> truth("LT", a, b);
      case LESS_OR_EQUAL -> truth("LE", a, b);
      case GREATER -> truth("GT", a, b);
      case GREATER_OR_EQUAL -> truth("GE", a, b);
      case EQUAL -> truth("EQ", a, b);
      case POWER -> throw new AssertionError("emitted above");
    }
    return stored();
  }

  /**
   * A minimum or maximum. Against a constant, a comparison and a blend do what takes the Vector API five instructions
   * in the general case; a NaN passes through both ways.
   */
  private void extremum(String method, String beyond, Expression x, Expression y, int a, int b) {
    boolean constantX = x instanceof Expression.Constant;
    if (!constantX && !(y instanceof Expression.Constant)) {
      arithmetic(method, a, b);
      return;
    }
    int value = constantX ? b : a;
    int bound = constantX ? a : b;
    code.aload(functions.replaceWhere(value, beyond, bound));
  }

  private int power(int x, Expression exponent, Map<Expression, Integer> known) {
    double constant = exponent instanceof Expression.Constant(double value) ? value : Double.NaN;
    if (constant == 2) {
      arithmetic("mul", x, x);
    } else if (constant == 3) {
      arithmetic("mul", x, x);
      code.aload(x);
      vector.binary("mul");
    } else if (constant == 0.5) {
      method("sqrt", x);
    } else if (constant == -1) {
      arithmetic("div", functions.constant(1), x);
    } else if (constant == 1) {
      return x;
    } else {
      vector.binaryOperator("POW", x, emit(exponent, known));
    }
    return stored();
  }

  private int select(Expression condition, Expression y, Expression z, Map<Expression, Integer> known) {
    int yes = emit(y, known);
    int no = emit(z, known);
    if (condition instanceof Expression.Binary(Operation operation, Expression a, Expression b)
        && comparison(operation) instanceof String name
        && !name.isEmpty()) {
      int left = emit(a, known);
      int right = emit(b, known);
      code.aload(no).aload(yes);
      vector.compare(name, left, right);
    } else {
      int c = emit(condition, known);
      code.aload(no).aload(yes);
      vector.compare("NE", c, functions.constant(0));
    }
    vector.blend();
    return stored();
  }

  private static String comparison(Operation operation) {
    return switch (operation) {
      case LESS -> "LT";
      case LESS_OR_EQUAL -> "LE";
      case GREATER -> "GT";
      case GREATER_OR_EQUAL -> "GE";
      case EQUAL -> "EQ";
      case ADD, SUBTRACT, MULTIPLY, DIVIDE, MIN, MAX, POWER -> "";
    };
  }

  /** -> 1 where the comparison holds, else 0. */
  private void truth(String comparison, int a, int b) {
    code.aload(functions.constant(0)).aload(functions.constant(1));
    vector.compare(comparison, a, b);
    vector.blend();
  }

  private void arithmetic(String method, int a, int b) {
    code.aload(a).aload(b);
    vector.binary(method);
  }

  private void method(String name, int x) {
    code.aload(x);
    vector.unary(name);
  }

  private int stored() {
    int local = vector.vectorLocal();
    code.astore(local);
    return local;
  }
}
