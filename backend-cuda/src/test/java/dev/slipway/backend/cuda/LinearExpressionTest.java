package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.FusedGroup;
import dev.slipway.operators.Expression;
import org.junit.jupiter.api.Test;

class LinearExpressionTest {
  private static final int SIDE = 5;

  private final Expression result = Expression.input(FusedGroup.RESULT);
  private final Expression side = Expression.input(SIDE);

  @Test
  void findsTheFactorsOfAResidualInSteps() {
    Expression residual = side.minus(Expression.constant(3)).times(0.5).plus(result).times(4.0);
    assertThat(LinearExpression.of(residual, SIDE)).contains(new LinearExpression(4, 2, -6));
    assertThat(LinearExpression.of(Expression.constant(2).times(result), SIDE))
        .contains(new LinearExpression(2, 0, 0));
  }

  @Test
  void refusesWhatIsNotLinear() {
    assertThat(LinearExpression.of(result.times(side), SIDE)).isEmpty();
    assertThat(LinearExpression.of(result.plus(side).max(Expression.constant(0)), SIDE)).isEmpty();
    assertThat(LinearExpression.of(result.plus(Expression.input(SIDE + 1)), SIDE)).isEmpty();
  }
}
