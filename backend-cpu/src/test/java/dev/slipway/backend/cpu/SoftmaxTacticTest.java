package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.operators.LogSoftmax;
import dev.slipway.operators.Relu;
import dev.slipway.operators.Softmax;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class SoftmaxTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final MicroKernels KERNELS = new VectorMicroKernels();
  private static final SoftmaxTactic TACTIC = new SoftmaxTactic(POOL, KERNELS);

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void agreesWithTheReference() {
    Cases.each(40, (random, arena) -> {
      Tensor x = TacticCheck.floats(random, 1 + random.nextInt(9), TacticCheck.edge(random), TacticCheck.edge(random));
      int axis = random.nextInt(3) - 1;
      TacticCheck.of(random.nextBoolean() ? new Softmax(axis) : new LogSoftmax(axis)).with(x)
          .run(new SoftmaxTactic(POOL, Cases.kernels(random)), arena);
    });
  }

  @Test
  void turnsManyShortLines() {
    Cases.each(20, (random, arena) -> {
      Tensor x = TacticCheck.floats(random, 1 + random.nextInt(3 * SoftmaxTactic.TURNED), 1 + random.nextInt(9));
      TacticCheck.of(random.nextBoolean() ? new Softmax(-1) : new LogSoftmax(-1)).with(x)
          .run(new SoftmaxTactic(POOL, Cases.kernels(random)), arena);
    });
  }

  @Test
  void largeDifferencesDoNotOverflow() {
    Cases.each(3, (_, arena) -> {
      Tensor x = Tensor.of(new float[] {-1e30f, 200, 0, 100, Float.NEGATIVE_INFINITY, 199}, 1, 6);
      TacticCheck.of(new Softmax(-1)).with(x).run(TACTIC, arena);
    });
  }

  @Test
  void emptyTensor() {
    Cases.each(1, (random, arena) ->
        TacticCheck.of(new Softmax(-1)).with(TacticCheck.floats(random, 0, 4)).run(TACTIC, arena));
  }

  @Test
  void refusals() {
    Tensor x = Tensor.allocate(DType.FLOAT64, 2, 2);
    assertThat(TacticCheck.of(new Softmax(-1)).with(x).refusal(TACTIC)).contains("float64", "expected: float32");
    assertThat(TacticCheck.of(new Relu()).with(x).refusal(TACTIC)).contains("Relu");
  }
}
