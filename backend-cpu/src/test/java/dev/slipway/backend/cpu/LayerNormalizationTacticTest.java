package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.operators.LayerNormalization;
import dev.slipway.operators.RMSNormalization;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class LayerNormalizationTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final LayerNormalizationTactic TACTIC = new LayerNormalizationTactic(POOL, new VectorMicroKernels());

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void agreesWithTheReference() {
    Cases.each(80, (random, arena) -> {
      LayerNormalizationTactic tactic = new LayerNormalizationTactic(POOL, Cases.kernels(random));
      int rows = 1 + random.nextInt(30);
      int length = TacticCheck.edge(random);
      Tensor x = TacticCheck.floats(random, rows, 3, length);
      boolean last = random.nextBoolean();
      Tensor scale = last ? TacticCheck.floats(random, length) : TacticCheck.floats(random, 3, length);
      Tensor bias = last ? TacticCheck.floats(random, length) : TacticCheck.floats(random, 3, length);
      TacticCheck check = TacticCheck.of(new LayerNormalization(last ? -1 : 1, 1e-1f, DType.FLOAT32)).with(x, scale);
      (random.nextBoolean() ? check.with(bias) : check).outputs(1 + random.nextInt(3)).run(tactic, arena);
      TacticCheck.of(new RMSNormalization(last ? -1 : 1, 1e-1f, DType.FLOAT32)).with(x, scale).run(tactic, arena);
    });
  }

  @Test
  void refusesAScaleThatIsNotOneForEachElement() {
    TacticCheck check = TacticCheck.of(new LayerNormalization(1, 1e-5f, DType.FLOAT32))
        .with(Tensor.allocate(DType.FLOAT32, 2, 3, 4), Tensor.allocate(DType.FLOAT32, 4));
    assertThat(check.refusal(TACTIC)).contains("float32[4]", "expected: shape [3, 4]");
  }
}
