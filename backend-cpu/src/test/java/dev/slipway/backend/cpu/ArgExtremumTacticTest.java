package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Attributes;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class ArgExtremumTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final ArgExtremumTactic TACTIC = new ArgExtremumTactic(POOL);

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void agreesWithTheReference() {
    Cases.each(60, (random, arena) -> {
      Attributes attributes = Attributes.of("axis", random.nextInt(6) - 3)
          .with("keepdims", random.nextBoolean())
          .with("select_last_index", random.nextBoolean());
      Tensor x = Tensor.allocate(
          DType.FLOAT32, 1 + random.nextInt(3), 1 + random.nextInt(5), Cases.oneOf(random, 1, 7, 1023, 1025));
      for (long i = 0; i < x.elementCount(); i++) {
        x.setDouble(i, value(random));
      }
      TacticCheck.of(random.nextBoolean() ? "ArgMax" : "ArgMin", attributes).with(x).run(TACTIC, arena);
    });
  }

  /** Few values, so that many are equal. */
  private static double value(Random random) {
    double[] values = {0, -0.0, 1, 2, -3, Double.NaN, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY};
    return values[random.nextInt(values.length)];
  }

  @Test
  void refusals() {
    assertThat(TacticCheck.of("ArgMax", Attributes.NONE).with(Tensor.vector(1, 2)).refusal(TACTIC))
        .isEqualTo("input type int64[2] (expected: float32)");
  }
}
