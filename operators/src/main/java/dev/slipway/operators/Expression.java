package dev.slipway.operators;

import java.util.Arrays;
import java.util.List;

/**
 * What an elementwise operator computes for one element of floating point, as a small tree: the form that backends
 * fuse and generate code from. {@link #evaluate} is its meaning; comparisons give 1 or 0.
 */
public sealed interface Expression {

  /** The element of an input of the operator. */
  record Input(int port) implements Expression {
    @Override
    public List<Expression> operands() {
      return List.of();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Input(int own) && own == port;
    }

    @Override
    public int hashCode() {
      return port;
    }

    @Override
    public String toString() {
      return "input " + port;
    }
  }

  record Constant(double value) implements Expression {
    @Override
    public List<Expression> operands() {
      return List.of();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Constant(double own) && Double.compare(own, value) == 0;
    }

    @Override
    public int hashCode() {
      return Double.hashCode(value);
    }

    @Override
    public String toString() {
      return Double.toString(value);
    }
  }

  record Unary(Function function, Expression x) implements Expression {
    @Override
    public List<Expression> operands() {
      return List.of(x);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Unary unary && function == unary.function && x.equals(unary.x);
    }

    @Override
    public int hashCode() {
      return 31 * function.ordinal() + x.hashCode();
    }

    @Override
    public String toString() {
      return function + "(" + x + ")";
    }
  }

  record Binary(Operation operation, Expression x, Expression y) implements Expression {
    @Override
    public List<Expression> operands() {
      return List.of(x, y);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Binary binary
          && operation == binary.operation && x.equals(binary.x) && y.equals(binary.y);
    }

    @Override
    public int hashCode() {
      return (31 * operation.ordinal() + x.hashCode()) * 31 + y.hashCode();
    }

    @Override
    public String toString() {
      return operation + "(" + x + ", " + y + ")";
    }
  }

  /** {@code y} where the condition is not 0, else {@code z}. */
  record Select(Expression condition, Expression y, Expression z) implements Expression {
    @Override
    public List<Expression> operands() {
      return List.of(condition, y, z);
    }

    @Override
    public String toString() {
      return "SELECT(" + condition + ", " + y + ", " + z + ")";
    }
  }

  /** What this is computed from; empty for an input and a constant. */
  List<Expression> operands();

  /** Functions of one variable. */
  enum Function {
    NEGATE,
    ABS,
    SIGN,
    RECIPROCAL,
    SQRT,
    EXP,
    /** e^x - 1. */
    EXPM1,
    LOG,
    /** log(1 + x). */
    LOG1P,
    SIN,
    COS,
    TAN,
    ASIN,
    ACOS,
    ATAN,
    SINH,
    COSH,
    TANH,
    ASINH,
    ACOSH,
    ATANH,
    ERF,
    /** 1 / (1 + e^-x). */
    SIGMOID,
    FLOOR,
    CEIL,
    /** Half to even. */
    ROUND,
    IS_NAN,
    /** 1 where x is 0, else 0. */
    NOT;

    /** The value at x, in double precision. */
    public double at(double x) {
      return unary(this, x);
    }
  }

  /** Functions of two variables. */
  enum Operation {
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    /** NaN where one is NaN. */
    MIN,
    /** NaN where one is NaN. */
    MAX,
    POWER,
    LESS,
    LESS_OR_EQUAL,
    GREATER,
    GREATER_OR_EQUAL,
    EQUAL;

    /** The value at x and y, in double precision; comparisons give 1 or 0. */
    public double at(double x, double y) {
      return binary(this, x, y);
    }
  }

  static Expression input(int port) {
    return new Input(port);
  }

  static Expression constant(double value) {
    return new Constant(value);
  }

  default Expression apply(Function function) {
    return new Unary(function, this);
  }

  default Expression plus(Expression other) {
    return new Binary(Operation.ADD, this, other);
  }

  default Expression minus(Expression other) {
    return new Binary(Operation.SUBTRACT, this, other);
  }

  default Expression times(Expression other) {
    return new Binary(Operation.MULTIPLY, this, other);
  }

  default Expression times(double factor) {
    return times(constant(factor));
  }

  default Expression over(Expression other) {
    return new Binary(Operation.DIVIDE, this, other);
  }

  default Expression min(Expression other) {
    return new Binary(Operation.MIN, this, other);
  }

  default Expression max(Expression other) {
    return new Binary(Operation.MAX, this, other);
  }

  default Expression power(Expression exponent) {
    return new Binary(Operation.POWER, this, exponent);
  }

  default Expression compare(Operation operation, Expression other) {
    return new Binary(operation, this, other);
  }

  /** This as a condition. */
  default Expression select(Expression yes, Expression no) {
    return new Select(this, yes, no);
  }

  /** The number of operations, which is also the number of roundings. */
  default int operations() {
    int count = operands().isEmpty() ? 0 : 1;
    for (Expression operand : operands()) {
      count += operand.operations();
    }
    return count;
  }

  /** This expression with its inputs replaced, one for each port. */
  default Expression substitute(List<Expression> inputs) {
    return switch (this) {
      case Input(int port) -> inputs.get(port);
      case Constant constant -> constant;
      case Unary(Function f, Expression x) -> new Unary(f, x.substitute(inputs));
      case Binary(Operation o, Expression x, Expression y) ->
          new Binary(o, x.substitute(inputs), y.substitute(inputs));
      case Select(Expression c, Expression y, Expression z) ->
          new Select(c.substitute(inputs), y.substitute(inputs), z.substitute(inputs));
    };
  }

  /** The value for these inputs, in double precision. */
  default double evaluate(double... inputs) {
    return switch (this) {
      case Input(int port) -> inputs[port];
      case Constant(double value) -> value;
      case Unary(Function f, Expression x) -> unary(f, x.evaluate(inputs));
      case Binary(Operation o, Expression x, Expression y) -> binary(o, x.evaluate(inputs), y.evaluate(inputs));
      case Select(Expression c, Expression y, Expression z) ->
          c.evaluate(inputs) != 0 ? y.evaluate(inputs) : z.evaluate(inputs);
    };
  }

  /** The values for a block of so many elements, {@code inputs[port][element]}; the result may be a block of these. */
  default double[] evaluate(double[][] inputs, int count) {
    return switch (this) {
      case Input(int port) -> inputs[port];
      case Constant(double value) -> {
        double[] values = new double[count];
        Arrays.fill(values, value);
        yield values;
      }
      case Unary(Function f, Expression x) -> unary(f, x.evaluate(inputs, count), count);
      case Binary(Operation o, Expression x, Expression y) ->
          binary(o, x.evaluate(inputs, count), y.evaluate(inputs, count), count);
      case Select(Expression c, Expression y, Expression z) ->
          select(c.evaluate(inputs, count), y.evaluate(inputs, count), z.evaluate(inputs, count), count);
    };
  }

  private static double[] unary(Function function, double[] x, int count) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = unary(function, x[i]);
    }
    return values;
  }

  private static double[] binary(Operation operation, double[] x, double[] y, int count) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = binary(operation, x[i], y[i]);
    }
    return values;
  }

  private static double[] select(double[] condition, double[] y, double[] z, int count) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = condition[i] != 0 ? y[i] : z[i];
    }
    return values;
  }

  private static double unary(Function function, double x) {
    return switch (function) {
      case NEGATE -> -x;
      case ABS -> Math.abs(x);
      case SIGN -> Math.signum(x);
      case RECIPROCAL -> 1 / x;
      case SQRT -> Math.sqrt(x);
      case EXP -> Math.exp(x);
      case EXPM1 -> Math.expm1(x);
      case LOG -> Math.log(x);
      case LOG1P -> Math.log1p(x);
      case SIN -> Math.sin(x);
      case COS -> Math.cos(x);
      case TAN -> Math.tan(x);
      case ASIN -> Math.asin(x);
      case ACOS -> Math.acos(x);
      case ATAN -> Math.atan(x);
      case SINH -> Math.sinh(x);
      case COSH -> Math.cosh(x);
      case TANH -> Math.tanh(x);
      case ASINH -> Special.asinh(x);
      case ACOSH -> Special.acosh(x);
      case ATANH -> Special.atanh(x);
      case ERF -> Special.erf(x);
      case SIGMOID -> 1 / (1 + Math.exp(-x));
      case FLOOR -> Math.floor(x);
      case CEIL -> Math.ceil(x);
      case ROUND -> Math.rint(x);
      case IS_NAN -> Double.isNaN(x) ? 1 : 0;
      case NOT -> x == 0 ? 1 : 0;
    };
  }

  private static double binary(Operation operation, double x, double y) {
    return switch (operation) {
      case ADD -> x + y;
      case SUBTRACT -> x - y;
      case MULTIPLY -> x * y;
      case DIVIDE -> x / y;
      case MIN -> Math.min(x, y);
      case MAX -> Math.max(x, y);
      case POWER -> Math.pow(x, y);
      case LESS -> x < y ? 1 : 0;
      case LESS_OR_EQUAL -> x <= y ? 1 : 0;
      case GREATER -> x > y ? 1 : 0;
      case GREATER_OR_EQUAL -> x >= y ? 1 : 0;
      case EQUAL -> x == y ? 1 : 0;
    };
  }
}
