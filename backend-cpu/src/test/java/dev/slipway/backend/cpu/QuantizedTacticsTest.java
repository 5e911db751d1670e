package dev.slipway.backend.cpu;

import dev.slipway.graph.Attributes;
import dev.slipway.operators.ByteRounding;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.operators.QuantizedAdd;
import dev.slipway.operators.QuantizedMatMul;
import dev.slipway.operators.QuantizedMul;
import dev.slipway.operators.Reorder;
import dev.slipway.operators.TableLookup;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class QuantizedTacticsTest {
  private static final WorkerPool POOL = new WorkerPool(2);

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void matrixProductsGiveTheBitsOfTheDefinition() {
    Cases.each(60, (random, arena) -> {
      int depth = Cases.oneOf(random, 1, 3, 4, 5, 16, 63, 64, 130);
      int columns = QuantizedCases.channels(random);
      Optional<ByteRounding> rounding = QuantizedCases.rounding(random);
      TacticCheck check = TacticCheck.of(product(random, rounding))
          .with(TacticCheck.random(random, DType.UINT8, 1 + random.nextInt(2), 1 + random.nextInt(40), depth));
      QuantizedCases.withParameters(check, random, QuantizedCases.weights(random, depth, columns), columns)
          .run(new QuantizedMatMulTactic(POOL, QuantizedCases.kernels(random)), arena);
    });
  }

  private static QuantizedMatMul product(Random random, Optional<ByteRounding> rounding) {
    return new QuantizedMatMul(QuantizedCases.zeroPoint(random), QuantizedCases.weightZeroPoint(random), rounding);
  }

  @Test
  void matrixProductsTakeScalesAndZeroPointsOfARun() {
    Cases.each(20, (random, arena) -> {
      int depth = 1 + random.nextInt(70);
      int columns = QuantizedCases.channels(random);
      TacticCheck check = TacticCheck.of(product(random, Optional.empty()))
          .with(TacticCheck.random(random, DType.UINT8, 1 + random.nextInt(20), depth));
      QuantizedCases.withParameters(check, random, QuantizedCases.weights(random, depth, columns), columns)
          .with(Tensor.scalar(0.5f + random.nextFloat()))
          .with(Tensor.scalar(DType.UINT8, QuantizedCases.zeroPoint(random)))
          .run(new QuantizedMatMulTactic(POOL, QuantizedCases.kernels(random)), arena);
    });
  }

  @Test
  void matrixProductsTakeAScaleOfEachRow() {
    Cases.each(40, (random, arena) -> {
      int depth = 1 + random.nextInt(130);
      int columns = QuantizedCases.channels(random);
      long[] in = {1 + random.nextInt(2), 1 + random.nextInt(40), depth};
      TacticCheck check = TacticCheck.of(new QuantizedMatMul(QuantizedCases.zeroPoint(random), Optional.empty()))
          .with(TacticCheck.random(random, DType.UINT8, in));
      QuantizedCases.withParameters(check, random, QuantizedCases.weights(random, depth, columns), columns)
          .with(TacticCheck.floats(random, in[0], in[1], 1))
          .run(new QuantizedMatMulTactic(POOL, QuantizedCases.kernels(random)), arena);
    });
  }

  @Test
  void epiloguesOfMatrixProductsAreOneStepOffAtMost() {
    Cases.each(30, (random, arena) -> {
      int columns = 16 * (1 + random.nextInt(5));
      long[] in = {1 + random.nextInt(30), 1 + random.nextInt(70)};
      Tensor weights = QuantizedCases.weights(random, in[1], columns);
      Optional<Tensor> side = QuantizedCases.side(random, in[0], columns);
      QuantizedMatMul product = new QuantizedMatMul(QuantizedCases.zeroPoint(random), Optional.empty());
      TacticCheck check =
          TacticCheck.of(QuantizedCases.group(random, product, in, weights, side, random.nextBoolean()))
              .with(TacticCheck.random(random, DType.UINT8, in));
      QuantizedCases.withParameters(check, random, weights, columns);
      side.ifPresent(check::with);
      check.run(new QuantizedMatMulTactic(POOL, QuantizedCases.kernels(random)), arena);
    });
  }

  @Test
  void sumsAndProductsGiveTheBitsOfTheDefinition() {
    Cases.each(40, (random, arena) -> {
      long[] dims = image(random);
      int a = QuantizedCases.zeroPoint(random);
      int b = QuantizedCases.zeroPoint(random);
      ByteRounding rounding = QuantizedCases.rounding(random).orElse(ByteRounding.saturating(7));
      float scale = random.nextFloat() * 2;
      TacticCheck check = TacticCheck.of(random.nextBoolean()
          ? new QuantizedAdd(a, b, scale, random.nextFloat(), rounding)
          : new QuantizedMul(a, b, scale / 50, rounding));
      with(check, random, DType.UINT8, dims, 2).run(map(random), arena);
    });
  }

  @Test
  void tablesGiveTheirEntries() {
    Cases.each(20, (random, arena) -> {
      Tensor table = TacticCheck.random(random, DType.UINT8, TableLookup.ENTRIES);
      with(TacticCheck.of(new TableLookup()), random, DType.UINT8, image(random), 1)
          .withConstant(table)
          .run(map(random), arena);
    });
  }

  @Test
  void maximumOfBytes() {
    Cases.each(30, (random, arena) -> {
      int kernel = 1 + random.nextInt(5);
      long stride = 1 + random.nextInt(2);
      long pad = random.nextInt(kernel);
      int channels = QuantizedCases.channels(random);
      long[] dims = {1 + random.nextInt(2), channels, 5 + random.nextInt(5), 5 + random.nextInt(9)};
      TacticCheck check = TacticCheck.of("MaxPool", Attributes.of("kernel_shape", List.of((long) kernel, (long) kernel))
          .with("strides", List.of(stride, stride))
          .with("ceil_mode", random.nextInt(2))
          .with("pads", List.of(pad, 0L, 0L, (long) random.nextInt(kernel))));
      with(check, random, DType.UINT8, dims, 1)
          .run(new ByteMaxPoolTactic(POOL, QuantizedCases.kernels(random)), arena);
    });
  }

  @Test
  void resizesToTheNearest() {
    Cases.each(20, (random, arena) -> {
      long[] dims = image(random);
      float[] scales = {1, 1, 0.5f + random.nextFloat() * 3, 1 + random.nextInt(3)};
      TacticCheck check = TacticCheck.of("Resize", Attributes.of("mode", "nearest")
          .with("coordinate_transformation_mode", random.nextBoolean() ? "asymmetric" : "half_pixel"));
      boolean blocked = random.nextBoolean();
      Tensor x = TacticCheck.random(random, DType.UINT8, dims[0], dims[1], dims[2] + 1, dims[3]);
      check = blocked ? check.withBlocked(x).blockedOutputs() : check.with(x);
      check.without().withConstant(Tensor.of(scales, 4)).run(new ByteResizeTactic(POOL), arena);
    });
  }

  @Test
  void reordersBytes() {
    Cases.each(10, (random, arena) -> {
      Tensor x = TacticCheck.random(random, DType.UINT8, image(random));
      TacticCheck.of(new Reorder(Layout.CONTIGUOUS)).withBlocked(x).run(new ByteReorderTactic(POOL), arena);
      TacticCheck.of(new Reorder(ChannelBytes.LAYOUT)).with(x).run(new ByteReorderTactic(POOL), arena);
    });
  }

  @Test
  void emptyTensorsAreNoWork() {
    Cases.each(1, (random, arena) -> {
      Tensor none = Tensor.allocate(DType.UINT8, 0, 3, 4, 5);
      TacticCheck.of(new Reorder(ChannelBytes.LAYOUT)).with(none).run(new ByteReorderTactic(POOL), arena);
      TacticCheck.of(new TableLookup())
          .with(none)
          .withConstant(TacticCheck.random(random, DType.UINT8, TableLookup.ENTRIES))
          .run(map(random), arena);
    });
  }

  @Test
  void quantisesIntoBlocksAndBack() {
    Cases.each(20, (random, arena) -> {
      long[] dims = image(random);
      Tensor scale = Tensor.scalar(0.005f + random.nextFloat() * 0.01f);
      Tensor zero = Tensor.scalar(DType.UINT8, QuantizedCases.zeroPoint(random));
      boolean blocked = random.nextBoolean() && Memory.LANES == ChannelBytes.BLOCK;
      Tensor floats = TacticCheck.floats(random, dims);
      TacticCheck quantize = TacticCheck.of(new QuantizeLinear(1));
      (blocked ? quantize.withBlocked(floats) : quantize.with(floats)).with(scale, zero)
          .blockedOutputs()
          .run(new BlockedQuantizeTactic(POOL, QuantizedCases.kernels(random)), arena);
      TacticCheck dequantize = TacticCheck.of(new DequantizeLinear(1))
          .withBlocked(TacticCheck.random(random, DType.UINT8, dims))
          .with(scale, zero);
      (blocked ? dequantize.blockedOutputs() : dequantize)
          .run(new BlockedQuantizeTactic(POOL, QuantizedCases.kernels(random)), arena);
    });
  }

  private static ByteMapTactic map(Random random) {
    return new ByteMapTactic(POOL, QuantizedCases.kernels(random));
  }

  private static long[] image(Random random) {
    return new long[] {
        1 + random.nextInt(2), QuantizedCases.channels(random), 1 + random.nextInt(9), 1 + random.nextInt(20)};
  }

  /** Random inputs, all of them and the output contiguous or in blocks. */
  private static TacticCheck with(TacticCheck check, Random random, DType dtype, long[] dims, int count) {
    boolean blocked = random.nextBoolean();
    for (int i = 0; i < count; i++) {
      Tensor tensor = TacticCheck.random(random, dtype, dims);
      check = blocked ? check.withBlocked(tensor) : check.with(tensor);
    }
    return blocked ? check.blockedOutputs() : check;
  }
}
