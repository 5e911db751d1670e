package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.operators.Concat;
import dev.slipway.operators.Slice;
import dev.slipway.operators.Split;
import dev.slipway.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class ChannelGatherTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final ChannelGatherTactic TACTIC = new ChannelGatherTactic(POOL, Cases.kernels());

  @AfterAll
  static void close() {
    POOL.close();
  }

  private static Tensor activations(Random random, int batch, int channels, int height) {
    return TacticCheck.floats(random, batch, channels, height, 19);
  }

  @Test
  void joinsChannels() {
    Cases.each(20, (random, arena) -> {
      TacticCheck check = TacticCheck.of(new Concat(random.nextBoolean() ? 1 : -3)).blockedOutputs();
      int batch = 1 + random.nextInt(2);
      int height = Cases.oneOf(random, 1, 5, 30);
      for (int i = 0; i <= random.nextInt(4); i++) {
        check.withBlocked(activations(random, batch, TacticCheck.edge(random), height));
      }
      check.run(TACTIC, arena);
    });
  }

  @Test
  void slicesChannels() {
    Cases.each(20, (random, arena) -> {
      int channels = 3 + TacticCheck.edge(random);
      TacticCheck.of(new Slice())
          .withBlocked(activations(random, 1 + random.nextInt(2), channels, 5))
          .withConstant(Tensor.of(new long[] {random.nextInt(3)}, 1))
          .withConstant(Tensor.of(new long[] {Cases.oneOf(random, channels, -1, Integer.MAX_VALUE)}, 1))
          .withConstant(Tensor.of(new long[] {1}, 1))
          .withConstant(Tensor.of(new long[] {1 + random.nextInt(3)}, 1))
          .blockedOutputs()
          .run(TACTIC, arena);
    });
  }

  @Test
  void splitsChannels() {
    Cases.each(10, (random, arena) -> {
      int first = TacticCheck.edge(random);
      int second = TacticCheck.edge(random);
      TacticCheck.of(new Split(1, 0))
          .withBlocked(activations(random, 2, first + second, 3))
          .withConstant(Tensor.of(new long[] {first, second}, 2))
          .outputs(2)
          .blockedOutputs()
          .run(TACTIC, arena);
    });
  }

  @Test
  void refusesOtherAxes() {
    Tensor x = activations(new Random(1), 1, 4, 3);
    assertThat(TacticCheck.of(new Concat(2)).withBlocked(x).withBlocked(x).blockedOutputs().refusal(TACTIC))
        .contains("but for the channels");
    assertThat(TacticCheck.of(new Concat(1)).with(x, x).refusal(TACTIC)).contains("expected: 32-bit elements in layout");
  }
}
