package dev.slipway.backend.cpu;

import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Function;
import dev.slipway.operators.Expression.Operation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An elementwise expression as steps over blocks of doubles: registers are numbered as a stack grows, and the last step
 * leaves the result in register 0. Doubles give what the operators' own evaluation gives.
 *
 * @param registers how many the steps need
 */
record ScalarProgram(List<Step> steps, int registers) {
  /** Elements of a register: one block. */
  static final int BLOCK = 256;

  /** What happens to all elements of a block. */
  sealed interface Step {
    /** Reads an operand into a register. */
    record Load(int port, int to) implements Step {}

    record Fill(double value, int to) implements Step {}

    record Apply(Function function, int x) implements Step {}

    /** The result replaces x. */
    record Combine(Operation operation, int x, int y) implements Step {}

    /** The result replaces the condition. */
    record Choose(int condition, int y, int z) implements Step {}
  }

  /** Where a program's operands come from. */
  @FunctionalInterface
  interface Operands {
    /** Reads {@code count} elements of an operand. */
    void load(int port, double[] to, int count);
  }

  static ScalarProgram of(Expression expression) {
    List<Step> steps = new ArrayList<>();
    int registers = append(expression, 0, steps);
    return new ScalarProgram(List.copyOf(steps), registers);
  }

  /** Appends what leaves an expression in a register; returns the number of registers in use at most. */
  private static int append(Expression expression, int to, List<Step> steps) {
    return switch (expression) {
      case Expression.Input(int port) -> {
        steps.add(new Step.Load(port, to));
        yield to + 1;
      }
      case Expression.Constant(double value) -> {
        steps.add(new Step.Fill(value, to));
        yield to + 1;
      }
      case Expression.Unary(Function function, Expression x) -> {
        int used = append(x, to, steps);
        steps.add(new Step.Apply(function, to));
        yield used;
      }
      case Expression.Binary(Operation operation, Expression x, Expression y) -> {
        int used = Math.max(append(x, to, steps), append(y, to + 1, steps));
        steps.add(new Step.Combine(operation, to, to + 1));
        yield used;
      }
      case Expression.Select(Expression condition, Expression y, Expression z) -> {
        int used = append(condition, to, steps);
        used = Math.max(used, append(y, to + 1, steps));
        used = Math.max(used, append(z, to + 2, steps));
        steps.add(new Step.Choose(to, to + 1, to + 2));
        yield used;
      }
    };
  }

  /** Computes a block into {@code registers[0]}. */
  void run(Operands operands, double[][] registers, int count) {
    for (Step step : steps) {
      switch (step) {
        case Step.Load(int port, int to) -> operands.load(port, registers[to], count);
        case Step.Fill(double value, int to) -> Arrays.fill(registers[to], 0, count, value);
        case Step.Apply(Function function, int x) -> apply(function, registers[x], count);
        case Step.Combine(Operation operation, int x, int y) -> combine(operation, registers[x], registers[y], count);
        case Step.Choose(int condition, int y, int z) ->
            choose(registers[condition], registers[y], registers[z], count);
      }
    }
  }

  private static void apply(Function function, double[] x, int count) {
    if (function == Function.ROUND || function == Function.FLOOR || function == Function.CEIL) {
      roundToFloat(x, count);
    }
    for (int i = 0; i < count; i++) {
      x[i] = function.at(x[i]);
    }
  }

  /** Functions with steps take what float32 arithmetic gives: 2.5 becomes 2 where a double of 2.50000001 would be 3. */
  private static void roundToFloat(double[] x, int count) {
    for (int i = 0; i < count; i++) {
      x[i] = (float) x[i];
    }
  }

  /** The frequent operations have loops of their own, which the compiler turns into vector instructions. */
  private static void combine(Operation operation, double[] x, double[] y, int count) {
    switch (operation) {
      case ADD -> {
        for (int i = 0; i < count; i++) {
          x[i] += y[i];
        }
      }
      case SUBTRACT -> {
        for (int i = 0; i < count; i++) {
          x[i] -= y[i];
        }
      }
      case MULTIPLY -> {
        for (int i = 0; i < count; i++) {
          x[i] *= y[i];
        }
      }
      case MIN -> {
        for (int i = 0; i < count; i++) {
          x[i] = Math.min(x[i], y[i]);
        }
      }
      case MAX -> {
        for (int i = 0; i < count; i++) {
          x[i] = Math.max(x[i], y[i]);
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          x[i] = operation.at(x[i], y[i]);
        }
      }
    }
  }

  private static void choose(double[] condition, double[] y, double[] z, int count) {
    for (int i = 0; i < count; i++) {
      condition[i] = condition[i] != 0 ? y[i] : z[i];
    }
  }
}
