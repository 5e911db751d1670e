package dev.slipway.backend.cuda;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.KernelRequest;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Function;
import dev.slipway.operators.Expression.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads an expression as steps that cuDNN computes behind a convolution. */
final class ConvSteps {
  private final KernelRequest request;

  ConvSteps(KernelRequest request) {
    this.request = request;
  }

  /** The steps, the first one first; empty where the expression is something else. */
  Optional<List<ConvProblem.Step>> of(Expression expression) {
    if (Expressions.isInput(expression, FusedGroup.RESULT)) {
      return Optional.of(List.of());
    }
    return switch (expression) {
      case Expression.Binary binary -> binary(binary);
      case Expression.Unary(Function function, Expression x) when function == Function.TANH ->
          then(x, new ConvProblem.Step.Tanh());
      case Expression.Unary(Function function, Expression x) when function == Function.SIGMOID ->
          then(x, new ConvProblem.Step.Sigmoid());
      default -> Optional.empty();
    };
  }

  private Optional<List<ConvProblem.Step>> then(Expression before, ConvProblem.Step step) {
    return of(before).map(steps -> {
      List<ConvProblem.Step> all = new ArrayList<>(steps);
      all.add(step);
      return List.copyOf(all);
    });
  }

  private Optional<List<ConvProblem.Step>> binary(Expression.Binary binary) {
    return switch (binary.operation()) {
      case ADD -> isSide(binary.y()) ? addition(binary.x(), binary.y())
          : isSide(binary.x()) ? addition(binary.y(), binary.x()) : Optional.empty();
      case MAX -> binary.y() instanceof Expression.Constant(double lower)
          ? then(binary.x(), new ConvProblem.Step.Clip(lower, Double.POSITIVE_INFINITY))
          : Optional.empty();
      case MIN -> binary.y() instanceof Expression.Constant(double upper)
              && binary.x() instanceof Expression.Binary(Operation max, Expression x, Expression y)
              && max == Operation.MAX
              && y instanceof Expression.Constant(double lower)
          ? then(x, new ConvProblem.Step.Clip(lower, upper))
          : Optional.empty();
      case MULTIPLY -> isGate(binary.y(), binary.x())
          ? then(binary.x(), new ConvProblem.Step.Swish())
          : Optional.empty();
      default -> Optional.empty();
    };
  }

  private boolean isSide(Expression expression) {
    return expression instanceof Expression.Input(int port) && port >= 0
        && request.input(port).equals(request.output());
  }

  private Optional<List<ConvProblem.Step>> addition(Expression before, Expression side) {
    return then(before, new ConvProblem.Step.AddSide(((Expression.Input) side).port()));
  }

  /** sigmoid(x), or sigmoid(x · 1). */
  private static boolean isGate(Expression gate, Expression x) {
    return gate instanceof Expression.Unary(Function function, Expression inner)
        && function == Function.SIGMOID
        && (isSame(inner, x)
            || inner instanceof Expression.Binary(Operation operation, Expression y, Expression one)
                && operation == Operation.MULTIPLY
                && isSame(y, x)
                && Expressions.isConstant(one, 1));
  }

  private static boolean isSame(Expression a, Expression b) {
    return a == b || a instanceof Expression.Input(int port) && Expressions.isInput(b, port);
  }
}
