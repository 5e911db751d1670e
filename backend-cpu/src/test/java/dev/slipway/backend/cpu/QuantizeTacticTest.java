package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.DynamicQuantizeLinear;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.operators.QuantizeRows;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class QuantizeTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final QuantizeTactic TACTIC = new QuantizeTactic(POOL, ByteKernels.best(Cases.CODES));

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void agreesWithTheReference() {
    Cases.each(80, (random, arena) -> {
      int channels = 1 + random.nextInt(4);
      long[] dims = {2, channels, TacticCheck.edge(random)};
      boolean perChannel = random.nextBoolean();
      Tensor scale = scale(random, perChannel ? new long[] {channels} : new long[0]);
      DType narrow = random.nextBoolean() ? DType.INT8 : DType.UINT8;
      Tensor zero = TacticCheck.random(random, narrow, scale.dims());
      TacticCheck.of(new QuantizeLinear(1)).with(TacticCheck.floats(random, dims), scale, zero).run(TACTIC, arena);
      TacticCheck back = TacticCheck.of(new DequantizeLinear(-2)).with(TacticCheck.random(random, narrow, dims), scale);
      (random.nextBoolean() ? back.with(zero) : back).run(TACTIC, arena);
    });
  }

  private static Tensor scale(Random random, long... dims) {
    Tensor scale = Tensor.allocate(DType.FLOAT32, dims);
    for (long i = 0; i < scale.elementCount(); i++) {
      scale.setDouble(i, 0.001 + random.nextFloat() * 0.01);
    }
    return scale;
  }

  @Test
  void halvesExtremesAndNan() {
    float[] values = {0.5f, 1.5f, -0.5f, -2.5f, 1e30f, -1e30f, Float.NaN, Float.POSITIVE_INFINITY, -127.5f, 126.5f};
    float[] many = new float[3 * Memory.LANES];
    for (int i = 0; i < many.length; i++) {
      many[i] = values[i % values.length];
    }
    Cases.each(2, (random, arena) -> {
      Tensor zero = random.nextBoolean() ? Tensor.scalar(DType.INT8, 0) : Tensor.scalar(DType.UINT8, 0);
      TacticCheck.of(new QuantizeLinear(1)).with(Tensor.of(many, many.length), Tensor.scalar(1f), zero).run(TACTIC, arena);
    });
  }

  @Test
  void quotientsNextToHalvesAreRoundedAsTheDivisionRoundsThem() {
    Cases.each(200, (random, arena) -> {
      float scale = (float) ((1 + random.nextDouble()) * Math.pow(2, random.nextInt(200) - 100));
      float[] values = new float[4096];
      for (int i = 0; i < values.length; i++) {
        float tie = (random.nextInt(256) - 0.5f) * scale;
        values[i] = tie + (random.nextInt(5) - 2) * Math.ulp(tie);
      }
      TacticCheck.of(new QuantizeLinear(1))
          .with(Tensor.of(values, values.length), Tensor.scalar(scale), Tensor.scalar(DType.UINT8, random.nextInt(3)))
          .run(TACTIC, arena);
    });
  }

  @Test
  void dynamicAgreesWithTheReference() {
    Cases.each(20, (random, arena) -> {
      int count = random.nextBoolean() ? TacticCheck.edge(random) : 16_384 + TacticCheck.edge(random);
      TacticCheck.of(new DynamicQuantizeLinear())
          .with(TacticCheck.floats(random, count))
          .outputs(3)
          .run(new DynamicQuantizeTactic(POOL, QuantizedCases.kernels(random)), arena);
    });
  }

  @Test
  void rowsAgreeWithTheReference() {
    Cases.each(30, (random, arena) -> {
      Tensor x = TacticCheck.floats(random, 1 + random.nextInt(2), 1 + random.nextInt(50), TacticCheck.edge(random));
      for (int i = 0; i < x.dim(2); i++) {
        x.setDouble(i, 0);
      }
      TacticCheck.of(new QuantizeRows())
          .with(x)
          .outputs(2)
          .run(new QuantizeRowsTactic(POOL, QuantizedCases.kernels(random)), arena);
    });
  }

  @Test
  void refusals() {
    Tensor x = Tensor.allocate(DType.FLOAT32, 2, 4);
    Tensor zero = Tensor.allocate(DType.INT16);
    assertThat(TacticCheck.of(new QuantizeLinear(1)).with(x, Tensor.scalar(1f), zero).refusal(TACTIC))
        .isEqualTo("quantised type int16 (expected: int8 or uint8)");
    Tensor scales = Tensor.allocate(DType.FLOAT32, 2, 2);
    assertThat(TacticCheck.of(new QuantizeLinear(1, 2, 0, 0, true)).with(x, scales).refusal(TACTIC))
        .isEqualTo("block_size 2 (expected: 0)");
  }
}
