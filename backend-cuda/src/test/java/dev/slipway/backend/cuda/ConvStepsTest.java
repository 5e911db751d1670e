package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Device;
import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.KernelRequest;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Operators;
import dev.slipway.graph.Attributes;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConvStepsTest {
  private static final TensorType ACTIVATION = TensorType.of(DType.FLOAT16, 1, 16, 8, 8);
  private static final Expression RESULT = Expression.input(FusedGroup.RESULT);

  private static Optional<List<ConvProblem.Step>> steps(Expression expression) {
    KernelRequest request = new KernelRequest(
        Operators.get("Relu").create(Attributes.NONE),
        List.of(KernelRequest.Argument.of(ACTIVATION), KernelRequest.Argument.of(TensorType.of(DType.FLOAT16, 16))),
        List.of(ACTIVATION),
        new Device("cuda", 0, "none", "none"));
    return new ConvSteps(request).of(expression);
  }

  @Test
  void readsAResidualBlock() {
    assertThat(steps(RESULT.plus(Expression.input(0)).max(Expression.constant(0)))).contains(List.of(
        new ConvProblem.Step.AddSide(0), new ConvProblem.Step.Clip(0, Double.POSITIVE_INFINITY)));
  }

  @Test
  void readsAClip() {
    assertThat(steps(RESULT.max(Expression.constant(0)).min(Expression.constant(6))))
        .contains(List.of(new ConvProblem.Step.Clip(0, 6)));
  }

  @Test
  void readsSwish() {
    assertThat(steps(RESULT.times(RESULT.times(1).apply(Expression.Function.SIGMOID))))
        .contains(List.of(new ConvProblem.Step.Swish()));
    assertThat(steps(RESULT.times(RESULT.times(2).apply(Expression.Function.SIGMOID)))).isEmpty();
  }

  @Test
  void leavesEverythingElse() {
    assertThat(steps(RESULT.plus(Expression.input(1)))).isEmpty();
    assertThat(steps(RESULT.apply(Expression.Function.EXP))).isEmpty();
    assertThat(steps(RESULT)).contains(List.of());
  }
}
