package dev.slipway.backend.cpu;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Fused;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class ConvTacticsTest {
  private static final WorkerPool POOL = new WorkerPool(2);

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void convolvesContiguousImages() {
    Cases.each(40, (random, arena) -> {
      int channels = Cases.oneOf(random, 1, 3, 5, 20);
      int outputs = Cases.oneOf(random, 1, 16, 17);
      boolean flat = random.nextBoolean();
      long[] image = flat
          ? new long[] {2, channels, 9 + random.nextInt(20)}
          : new long[] {1, channels, 5 + random.nextInt(9), 5 + random.nextInt(9)};
      long[] weights = flat ? new long[] {outputs, channels, 3} : new long[] {outputs, channels, 3, 2};
      Attributes attributes = Attributes.of("pads", flat ? List.of(1L, 0L) : List.of(1L, 1L, 0L, 1L));
      TacticCheck.of("Conv", attributes)
          .with(TacticCheck.floats(random, image))
          .withConstant(TacticCheck.floats(random, weights))
          .withConstant(TacticCheck.floats(random, outputs))
          .run(new ConvTactic(POOL, Cases.kernels(random)), arena);
    });
  }

  @Test
  void convolvesDepthwise() {
    Cases.each(20, (random, arena) -> {
      int channels = Cases.oneOf(random, 2, 16, 17);
      Attributes attributes = Attributes.of("group", (long) channels)
          .with("auto_pad", Cases.oneOf(random, 0, 1) == 0 ? "SAME_UPPER" : "SAME_LOWER")
          .with("strides", List.of(2L, 1L));
      TacticCheck.of("Conv", attributes)
          .with(TacticCheck.floats(random, 2, channels, 4 + random.nextInt(9), 4 + random.nextInt(30)))
          .withConstant(TacticCheck.floats(random, channels, 1, 3, 3))
          .run(new DepthwiseConvTactic(POOL, Cases.kernels(random)), arena);
    });
  }

  @Test
  void poolsPlanes() {
    Cases.each(10, (random, arena) -> {
      Tensor x = TacticCheck.floats(random, 2, Cases.oneOf(random, 1, 16, 20), 1 + random.nextInt(9), 3);
      TacticCheck.of("GlobalAveragePool", Attributes.NONE)
          .with(x)
          .run(new PoolTactic(POOL, Cases.kernels(random)), arena);
      TacticCheck.of("GlobalMaxPool", Attributes.NONE).with(x).run(new GlobalMaxPoolTactic(POOL), arena);
    });
  }

  @Test
  void addsToEachChannelOfAPooling() {
    Fused group = new Fused(GraphParser.parse("""
        graph group {
          input x: float32[1, 17, 6, 5]
          input b: float32[17, 1, 1]
          p = MaxPool(x) {kernel_shape = [2, 2]}
          y = Add(p, b)
          output y = y
        }
        """, Operators::get));
    Cases.each(4, (random, arena) ->
        TacticCheck.of(group)
            .with(TacticCheck.floats(random, 1, 17, 6, 5))
            .withConstant(TacticCheck.floats(random, 17, 1, 1))
            .run(new PoolTactic(POOL, Cases.kernels(random)), arena));
  }
}
