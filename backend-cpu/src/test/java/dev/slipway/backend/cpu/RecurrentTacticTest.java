package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Attributes;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class RecurrentTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final RecurrentTactic TACTIC = new RecurrentTactic(POOL, new VectorMicroKernels());

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void lstmAgreesWithTheReference() {
    Cases.each(40, (random, arena) -> check(random, arena, "LSTM", 4, 2));
  }

  @Test
  void gruAgreesWithTheReference() {
    Cases.each(40, (random, arena) -> check(random, arena, "GRU", 3, 1));
  }

  private static void check(Random random, Arena arena, String name, int gates, int states) {
    int steps = Cases.oneOf(random, 1, 2, 3, 15, 16, 17, 35);
    int batch = 1 + random.nextInt(3);
    int inputs = Cases.oneOf(random, 1, 2, 7, 16, 33);
    int hidden = Cases.oneOf(random, 1, Memory.LANES - 1, Memory.LANES, Memory.LANES + 1, 2 * Memory.LANES + 3);
    String direction = List.of("forward", "reverse", "bidirectional").get(random.nextInt(3));
    int directions = direction.equals("bidirectional") ? 2 : 1;
    boolean batchFirst = random.nextBoolean();
    Attributes attributes = Attributes.of("direction", direction)
        .with("layout", batchFirst ? 1 : 0)
        .with("hidden_size", hidden);
    attributes = gates == 3 ? attributes.with("linear_before_reset", random.nextInt(2)) : attributes;
    TacticCheck check = TacticCheck.of(name, attributes)
        .with(batchFirst
            ? TacticCheck.floats(random, batch, steps, inputs)
            : TacticCheck.floats(random, steps, batch, inputs))
        .withConstant(TacticCheck.floats(random, directions, (long) gates * hidden, inputs))
        .withConstant(TacticCheck.floats(random, directions, (long) gates * hidden, hidden));
    check = random.nextBoolean()
        ? check.withConstant(TacticCheck.floats(random, directions, 2L * gates * hidden))
        : check.without();
    check = random.nextBoolean() ? check.with(lengths(random, batch, steps)) : check.without();
    for (int state = 0; state < states; state++) {
      long[] dims = batchFirst ? new long[] {batch, directions, hidden} : new long[] {directions, batch, hidden};
      check = random.nextBoolean() ? check.with(TacticCheck.floats(random, dims)) : check.without();
    }
    if (states == 2 && random.nextBoolean()) {
      check = check.withConstant(TacticCheck.floats(random, directions, 3L * hidden));
    }
    check.outputs(1 + random.nextInt(1 + states)).run(new RecurrentTactic(POOL, Cases.kernels(random)), arena);
  }

  private static Tensor lengths(Random random, int batch, int steps) {
    Tensor lengths = Tensor.allocate(DType.INT32, batch);
    for (int i = 0; i < batch; i++) {
      lengths.setLong(i, random.nextInt(steps + 1));
    }
    return lengths;
  }

  @Test
  void refusals() {
    Tensor x = Tensor.allocate(DType.FLOAT32, 1, 1, 2);
    Tensor weights = Tensor.allocate(DType.FLOAT32, 1, 8, 2);
    assertThat(TacticCheck.of("LSTM", Attributes.NONE).with(x, weights, weights).refusal(TACTIC))
        .isEqualTo("weights at input 1 that are not constant");
    assertThat(TacticCheck.of("LSTM", Attributes.of("clip", 2f)).with(x, weights, weights).refusal(TACTIC))
        .isEqualTo("clip 2.0 (expected: none)");
  }
}
