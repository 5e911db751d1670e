package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Attributes;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class ConvTransposeTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final ConvTransposeTactic TACTIC = new ConvTransposeTactic(POOL, new VectorMicroKernels());

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void twoAxesAgreeWithTheReference() {
    Cases.each(40, (random, arena) -> {
      long stride = 1 + random.nextInt(3);
      long dilation = 1 + random.nextInt(2);
      int kernel = 1 + random.nextInt(3);
      long pad = random.nextInt(2);
      int channels = Cases.oneOf(random, 1, 3, Memory.LANES);
      int outChannels = Cases.oneOf(random, 1, 2, 5);
      Attributes attributes = Attributes.of("strides", List.of(stride, 1L))
          .with("dilations", List.of(1L, dilation))
          .with("pads", List.of(pad, 0L, 0L, pad))
          .with("output_padding", List.of(stride > 1 ? 1L : 0L, 0L));
      Tensor x = TacticCheck.floats(random, 1 + random.nextInt(2), channels, 3 + random.nextInt(3), TacticCheck.edge(random));
      TacticCheck check = TacticCheck.of("ConvTranspose", attributes)
          .with(x)
          .withConstant(TacticCheck.floats(random, channels, outChannels, kernel, kernel));
      (random.nextBoolean() ? check.with(TacticCheck.floats(random, outChannels)) : check)
          .run(new ConvTransposeTactic(POOL, Cases.kernels(random)), arena);
    });
  }

  @Test
  void oneAxisAgreesWithTheReference() {
    Cases.each(10, (random, arena) ->
        TacticCheck.of("ConvTranspose", Attributes.of("strides", List.of(2L)).with("pads", List.of(1L, 1L)))
            .with(TacticCheck.floats(random, 1, 4, TacticCheck.edge(random) + 1))
            .withConstant(TacticCheck.floats(random, 4, 3, 4))
            .run(new ConvTransposeTactic(POOL, Cases.kernels(random)), arena));
  }

  @Test
  void refusals() {
    Tensor x = Tensor.allocate(DType.FLOAT32, 1, 2, 3, 3);
    Tensor w = Tensor.allocate(DType.FLOAT32, 2, 1, 2, 2);
    assertThat(TacticCheck.of("ConvTranspose", Attributes.of("group", 2)).with(x).withConstant(w).refusal(TACTIC))
        .isEqualTo("group 2 (expected: 1)");
    assertThat(TacticCheck.of("ConvTranspose", Attributes.NONE).with(x, w).refusal(TACTIC))
        .isEqualTo("weights that are computed (expected: a constant)");
  }
}
