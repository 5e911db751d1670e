package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Attributes;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class IntegerProductTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final IntegerProductTactic TACTIC = new IntegerProductTactic(POOL, new VectorMicroKernels());

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void matrixProductIsExact() {
    Cases.each(20, (random, arena) -> {
      int depth = Cases.oneOf(random, 1, 17, 513, 514, 515, 1100);
      int columns = Cases.oneOf(random, 1, Memory.LANES, Memory.LANES + 1, 40);
      Tensor b = extreme(random, bytes(random), depth, columns);
      Tensor a = extreme(random, bytes(random), 1 + random.nextInt(3), 1 + random.nextInt(6), depth);
      TacticCheck check = TacticCheck.of("MatMulInteger", Attributes.NONE).with(a).withConstant(b);
      if (random.nextBoolean()) {
        check.with(TacticCheck.random(random, a.dtype()));
        if (random.nextBoolean()) {
          check.withConstant(random.nextBoolean()
              ? TacticCheck.random(random, b.dtype())
              : TacticCheck.random(random, b.dtype(), columns));
        }
      }
      check.run(new IntegerProductTactic(POOL, Cases.kernels(random)), arena);
    });
  }

  @Test
  void convolutionIsExact() {
    Cases.each(15, (random, arena) -> {
      int channels = Cases.oneOf(random, 1, 3, 57, 58, 130);
      int size = 3 + random.nextInt(6);
      Tensor w = extreme(random, bytes(random), 1 + random.nextInt(20), channels, 3, 3);
      Tensor x = extreme(random, bytes(random), 1, channels, size, size + 1);
      Attributes attributes = Attributes.of("pads", List.of(1L, 1L, 1L, 1L))
          .with("strides", List.of(1L + random.nextInt(2), 1L));
      TacticCheck check = TacticCheck.of("ConvInteger", attributes).with(x).withConstant(w);
      if (random.nextBoolean()) {
        check.with(TacticCheck.random(random, x.dtype()));
      }
      check.run(new IntegerProductTactic(POOL, Cases.kernels(random)), arena);
    });
  }

  private static DType bytes(Random random) {
    return random.nextBoolean() ? DType.INT8 : DType.UINT8;
  }

  /** Many elements at the ends of the type, for large sums. */
  private static Tensor extreme(Random random, DType type, long... dims) {
    Tensor tensor = TacticCheck.random(random, type, dims);
    for (long i = 0; i < tensor.elementCount(); i++) {
      if (random.nextInt(4) > 0) {
        tensor.setLong(i, random.nextInt(20) == 0 ? type.maxValue() : type.minValue() == 0 ? 255 : type.minValue());
      }
    }
    return tensor;
  }

  @Test
  void refusals() {
    Tensor a = Tensor.allocate(DType.UINT8, 2, 4);
    Tensor b = Tensor.allocate(DType.INT8, 4, 3);
    assertThat(TacticCheck.of("MatMulInteger", Attributes.NONE).with(a, b).refusal(TACTIC))
        .isEqualTo("weights or their zero point that are computed (expected: constants)");
    assertThat(TacticCheck.of("MatMulInteger", Attributes.NONE).with(a).withConstant(b)
        .with(Tensor.allocate(DType.UINT8, 2)).refusal(TACTIC))
        .isEqualTo("zero point uint8[2] (expected: one for all)");
  }
}
