package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.operators.Attention;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class AttentionTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final MicroKernels KERNELS = new VectorMicroKernels();
  private static final AttentionTactic TACTIC = new AttentionTactic(POOL, KERNELS);

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void agreesWithTheReference() {
    Cases.each(40, AttentionTacticTest::check);
  }

  private static void check(Random random, Arena arena) {
    int batch = 1 + random.nextInt(2);
    int keyHeads = 1 + random.nextInt(2);
    int heads = keyHeads * (1 + random.nextInt(2));
    int queries = Cases.oneOf(random, 1, 5, 17, 130);
    int keys = Cases.oneOf(random, 1, Memory.LANES - 1, Memory.LANES, Memory.LANES + 1, 40);
    int size = Cases.oneOf(random, 1, 8, Memory.LANES, Memory.LANES + 3);
    int valueSize = Cases.oneOf(random, 4, Memory.LANES, Memory.LANES + 5);
    boolean joined = random.nextBoolean();
    Attention op = new Attention(
        random.nextBoolean(), joined ? heads : 0, joined ? keyHeads : 0, 0, random.nextBoolean() ? 0 : 0.7f, 0, 0);
    TacticCheck check = TacticCheck.of(op).with(
        heads(random, joined, batch, heads, queries, size),
        heads(random, joined, batch, keyHeads, keys, size),
        heads(random, joined, batch, keyHeads, keys, valueSize));
    switch (random.nextInt(4)) {
      case 0 -> check.with(TacticCheck.floats(random, random.nextBoolean() ? batch : 1, 1, 1, keys));
      case 1 -> check.with(TacticCheck.floats(random, 1, heads, queries, keys));
      case 2 -> check.with(TacticCheck.random(random, DType.BOOL, queries, keys));
      default -> {}
    }
    check.run(new AttentionTactic(POOL, Cases.kernels(random)), arena);
  }

  private static Tensor heads(Random random, boolean joined, int batch, int heads, int length, int size) {
    return joined
        ? TacticCheck.floats(random, batch, length, (long) heads * size)
        : TacticCheck.floats(random, batch, heads, length, size);
  }

  @Test
  void refusals() {
    Tensor x = Tensor.allocate(DType.FLOAT32, 1, 1, 2, 4);
    assertThat(TacticCheck.of(new Attention(false, 0, 0, 0, 0, 2, 0)).with(x, x, x).refusal(TACTIC))
        .isEqualTo("softcap 2.0 (expected: 0)");
    assertThat(TacticCheck.of(new Attention(false, 0, 0, 0, 0, 0, 0)).with(x, x, x).outputs(2).refusal(TACTIC))
        .isEqualTo("outputs: 2 (expected: 1)");
    assertThat(TacticCheck.of(new Attention(false, 0, 0, 0, 0, 0, 0)).with(x, x, x)
        .with(Tensor.allocate(DType.FLOAT32, 1, 1, 2, 1)).refusal(TACTIC))
        .isEqualTo("mask float32[1, 1, 2, 1] (expected: a last axis of 2 keys)");
  }
}
