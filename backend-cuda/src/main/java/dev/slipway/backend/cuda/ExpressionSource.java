package dev.slipway.backend.cuda;

import dev.slipway.operators.Expression;
import java.util.IdentityHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/** Writes expressions in CUDA C++, on float: a statement for each operation, whose result others use by its name. */
final class ExpressionSource {
  private final StringBuilder code;
  private final String indent;
  private final IntFunction<String> inputs;
  private final Map<Expression, String> names = new IdentityHashMap<>();

  /**
   * @param code gets the statements
   * @param inputs what stands for the input of a port
   */
  ExpressionSource(StringBuilder code, String indent, IntFunction<String> inputs) {
    this.code = code;
    this.indent = indent;
    this.inputs = inputs;
  }

  /** The name of the result. */
  String write(Expression expression) {
    return switch (expression) {
      case Expression.Input(int port) -> inputs.apply(port);
      case Expression.Constant(double value) -> literal((float) value);
      case Expression.Unary(Expression.Function function, Expression x) ->
          named(expression, () -> unary(function, write(x)));
      case Expression.Binary(Expression.Operation operation, Expression x, Expression y) ->
          named(expression, () -> binary(operation, write(x), write(y)));
      case Expression.Select(Expression condition, Expression y, Expression z) ->
          named(expression, () -> write(condition) + " != 0.f ? " + write(y) + " : " + write(z));
    };
  }

  private String named(Expression expression, Supplier<String> text) {
    String known = names.get(expression);
    if (known != null) {
      return known;
    }
    String value = text.get();
    String name = "t" + names.size();
    names.put(expression, name);
    code.append(indent).append("float ").append(name).append(" = ").append(value).append(";\n");
    return name;
  }

  static String literal(float value) {
    if (Float.isFinite(value)) {
      return value < 0 || 1 / value < 0 ? "(" + value + "f)" : value + "f";
    }
    return "__int_as_float(0x%08x)".formatted(Float.floatToIntBits(value));
  }

  /** Functions that CUDA has only with larger errors are computed in double precision: they are rare. */
  private static String unary(Expression.Function function, String x) {
    return switch (function) {
      case NEGATE -> "-" + x;
      case ABS -> "fabsf(" + x + ")";
      case SIGN -> "sign(" + x + ")";
      case RECIPROCAL -> "1.f / " + x;
      case SQRT -> "sqrtf(" + x + ")";
      case EXP -> "expf(" + x + ")";
      case EXPM1 -> "expm1f(" + x + ")";
      case LOG -> "logf(" + x + ")";
      case LOG1P -> "log1pf(" + x + ")";
      case ERF -> "erff(" + x + ")";
      case TANH -> "tanhf(" + x + ")";
      case SIGMOID -> "sigmoid(" + x + ")";
      case FLOOR -> "floorf(" + x + ")";
      case CEIL -> "ceilf(" + x + ")";
      case ROUND -> "rintf(" + x + ")";
      case IS_NAN -> x + " != " + x + " ? 1.f : 0.f";
      case NOT -> x + " == 0.f ? 1.f : 0.f";
      case SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, ASINH, ACOSH, ATANH ->
          "(float) " + function.name().toLowerCase(Locale.ROOT) + "((double) " + x + ")";
    };
  }

  private static String binary(Expression.Operation operation, String x, String y) {
    return switch (operation) {
      case ADD -> x + " + " + y;
      case SUBTRACT -> x + " - " + y;
      case MULTIPLY -> x + " * " + y;
      case DIVIDE -> x + " / " + y;
      case MIN -> "minimum(" + x + ", " + y + ")";
      case MAX -> "maximum(" + x + ", " + y + ")";
      case POWER -> "(float) pow((double) " + x + ", (double) " + y + ")";
      case LESS -> comparison(x, "<", y);
      case LESS_OR_EQUAL -> comparison(x, "<=", y);
      case GREATER -> comparison(x, ">", y);
      case GREATER_OR_EQUAL -> comparison(x, ">=", y);
      case EQUAL -> comparison(x, "==", y);
    };
  }

  private static String comparison(String x, String operator, String y) {
    return x + " " + operator + " " + y + " ? 1.f : 0.f";
  }
}
