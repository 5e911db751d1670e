package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.operators.Transpose;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class PixelMajorTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final PixelMajorTactic TACTIC = new PixelMajorTactic(POOL, Cases.kernels());

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void putsChannelsLast() {
    Cases.each(40, (random, arena) -> TacticCheck.of(new Transpose(List.of(0L, 2L, 3L, 1L)))
        .withBlocked(TacticCheck.floats(
            random, 1 + random.nextInt(3), TacticCheck.edge(random), 1 + random.nextInt(40), 1 + random.nextInt(40)))
        .run(TACTIC, arena));
  }

  @Test
  void rows() {
    Cases.each(5, (random, arena) -> TacticCheck.of(new Transpose(List.of(0L, 2L, 1L)))
        .withBlocked(TacticCheck.floats(random, 2, TacticCheck.edge(random), 1 + random.nextInt(3000)))
        .run(TACTIC, arena));
  }

  @Test
  void refusesOtherPermutationsAndLayouts() {
    Tensor x = TacticCheck.floats(new Random(1), 1, 2, 3, 4);
    assertThat(TacticCheck.of(new Transpose(List.of(0L, 3L, 2L, 1L))).withBlocked(x).refusal(TACTIC))
        .contains("expected: channels last");
    assertThat(TacticCheck.of(new Transpose(List.of(0L, 2L, 3L, 1L))).with(x).refusal(TACTIC))
        .contains("expected: 32-bit elements in layout");
  }
}
