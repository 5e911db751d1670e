package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.operators.ByteRounding;
import dev.slipway.operators.Fused;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class QuantizedConvTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void givesTheBitsOfTheDefinition() {
    Cases.each(60, (random, arena) -> {
      int kernel = Cases.oneOf(random, 1, 1, 2, 3, 5);
      int channels = QuantizedCases.channels(random);
      int outputs = QuantizedCases.channels(random);
      int batch = 1 + random.nextInt(2);
      int height = kernel + random.nextInt(6);
      int width = kernel + random.nextInt(18);
      Optional<ByteRounding> rounding = QuantizedCases.rounding(random);
      TacticCheck check = TacticCheck.of(
          new QuantizedConv(window(random, kernel), 1, QuantizedCases.zeroPoint(random), rounding));
      Tensor x = TacticCheck.random(random, DType.UINT8, batch, channels, height, width);
      check = random.nextBoolean() ? check.with(x) : check.withBlocked(x);
      Tensor w = QuantizedCases.weights(random, outputs, channels, kernel, kernel);
      QuantizedCases.withParameters(check, random, w, outputs);
      if (random.nextBoolean() && (rounding.isPresent() || Memory.LANES == ChannelBytes.BLOCK)) {
        check.blockedOutputs();
      }
      check.run(new QuantizedConvTactic(POOL, QuantizedCases.kernels(random)), arena);
    });
  }

  @Test
  void groupsGiveTheBitsOfTheDefinition() {
    Cases.each(40, (random, arena) -> {
      int kernel = Cases.oneOf(random, 1, 3);
      int groups = Cases.oneOf(random, 2, 3, 4, 6);
      int channels = groups * Cases.oneOf(random, 1, 4, 8, 16);
      int outputs = groups * Cases.oneOf(random, 2, 4, 8, 16);
      Optional<ByteRounding> rounding = QuantizedCases.rounding(random);
      TacticCheck check = TacticCheck.of(
          new QuantizedConv(window(random, kernel), groups, QuantizedCases.zeroPoint(random), rounding));
      Tensor x = TacticCheck.random(
          random, DType.UINT8, 1 + random.nextInt(2), channels, kernel + random.nextInt(6), kernel + random.nextInt(18));
      check = random.nextBoolean() ? check.with(x) : check.withBlocked(x);
      Tensor w = QuantizedCases.weights(random, outputs, channels / groups, kernel, kernel);
      QuantizedCases.withParameters(check, random, w, outputs);
      if (random.nextBoolean() && (rounding.isPresent() || Memory.LANES == ChannelBytes.BLOCK)) {
        check.blockedOutputs();
      }
      check.run(new QuantizedConvTactic(POOL, QuantizedCases.kernels(random)), arena);
    });
  }

  @Test
  void channelsOfTheirOwnGiveTheBitsOfTheDefinition() {
    Cases.each(60, (random, arena) -> {
      int kernel = Cases.oneOf(random, 1, 2, 3, 4, 5, 7);
      int channels = QuantizedCases.channels(random);
      Optional<ByteRounding> rounding = QuantizedCases.rounding(random);
      SpatialWindow window = window(random, kernel);
      if (random.nextInt(4) == 0) {
        window = new SpatialWindow(
            SpatialWindow.AutoPad.NOTSET, List.of(), window.strides(), List.of(1L, 2L), window.pads(), false);
      }
      TacticCheck check =
          TacticCheck.of(new QuantizedConv(window, channels, QuantizedCases.zeroPoint(random), rounding));
      Tensor x = TacticCheck.random(
          random,
          DType.UINT8,
          1 + random.nextInt(2),
          channels,
          kernel + random.nextInt(6),
          2 * kernel + random.nextInt(30));
      check = random.nextBoolean() ? check.with(x) : check.withBlocked(x);
      Tensor w = QuantizedCases.weights(random, channels, 1, kernel, kernel);
      QuantizedCases.withParameters(check, random, w, channels);
      if (random.nextBoolean() && (rounding.isPresent() || Memory.LANES == ChannelBytes.BLOCK)) {
        check.blockedOutputs();
      }
      check.run(new QuantizedDepthwiseTactic(POOL, QuantizedCases.kernels(random)), arena);
    });
  }

  @Test
  void epiloguesAreOneStepOffAtMost() {
    Cases.each(60, (random, arena) -> {
      boolean depthwise = random.nextInt(3) == 0;
      int channels = QuantizedCases.channels(random);
      int outputs = depthwise ? channels : QuantizedCases.channels(random);
      int kernel = Cases.oneOf(random, 1, 3);
      boolean rounds = random.nextInt(4) > 0;
      long[] in = {1 + random.nextInt(2), channels, kernel + random.nextInt(4), kernel + random.nextInt(20)};
      long[] out = {in[0], outputs, in[2] - kernel + 1, in[3] - kernel + 1};
      Tensor weights = QuantizedCases.weights(random, outputs, depthwise ? 1 : channels, kernel, kernel);
      SpatialWindow window =
          new SpatialWindow(SpatialWindow.AutoPad.NOTSET, List.of(), List.of(), List.of(), List.of(), false);
      QuantizedConv conv = new QuantizedConv(
          window, depthwise ? channels : 1, QuantizedCases.zeroPoint(random), Optional.empty());
      Optional<Tensor> side = QuantizedCases.side(random, out);
      Fused group = QuantizedCases.group(random, conv, in, weights, side, rounds);
      boolean blocked = random.nextBoolean() && (rounds || Memory.LANES == ChannelBytes.BLOCK);
      Tensor x = TacticCheck.random(random, DType.UINT8, in);
      TacticCheck check = TacticCheck.of(group);
      check = random.nextBoolean() ? check.with(x) : check.withBlocked(x);
      QuantizedCases.withParameters(check, random, weights, outputs);
      side.ifPresent(check::with);
      (blocked ? check.blockedOutputs() : check)
          .run(
              depthwise
                  ? new QuantizedDepthwiseTactic(POOL, QuantizedCases.kernels(random))
                  : new QuantizedConvTactic(POOL, QuantizedCases.kernels(random)),
              arena);
    });
  }

  @Test
  void scalesAndZeroPointsMayBeInputs() {
    Cases.each(40, (random, arena) -> {
      int kernel = Cases.oneOf(random, 1, 2, 3);
      int channels = QuantizedCases.channels(random);
      int outputs = QuantizedCases.channels(random);
      long[] dims = {1 + random.nextInt(2), channels, kernel + random.nextInt(6), kernel + random.nextInt(18)};
      int zeroPoint = random.nextInt(256) - 128;
      TacticCheck check = TacticCheck.of(
          new QuantizedConv(window(random, kernel), 1, 0, random.nextBoolean() ? 0 : zeroPoint, Optional.empty()));
      Tensor x = TacticCheck.random(random, DType.UINT8, dims);
      check = random.nextBoolean() ? check.with(x) : check.withBlocked(x);
      Tensor w = QuantizedCases.weights(random, outputs, channels, kernel, kernel);
      QuantizedCases.withParameters(check, random, w, outputs)
          .with(Tensor.scalar(0.5f + random.nextFloat()))
          .with(Tensor.scalar(DType.UINT8, QuantizedCases.zeroPoint(random)))
          .run(new QuantizedConvTactic(POOL, QuantizedCases.kernels(random)), arena);
    });
  }

  static SpatialWindow window(Random random, int kernel) {
    long stride = 1 + random.nextInt(2);
    List<Long> pads = kernel > 1 && random.nextBoolean()
        ? List.of(1L, (long) random.nextInt(kernel), (long) random.nextInt(kernel), 1L)
        : List.of(0L, 0L, 0L, 0L);
    return new SpatialWindow(
        SpatialWindow.AutoPad.NOTSET, List.of(), List.of(stride, 1L + random.nextInt(2)), List.of(), pads, false);
  }

  @Test
  void refusesSumsBeyondInt32() {
    Tensor w = Tensor.allocate(DType.INT8, 1, 1 << 17, 1, 1);
    QuantizedConv conv = new QuantizedConv(window(new Random(0), 1), 1, 0, Optional.empty());
    TacticCheck check = TacticCheck.of(conv).with(Tensor.allocate(DType.UINT8, 1, 1 << 17, 1, 1)).withConstant(w)
        .withConstant(Tensor.of(new float[1], 1))
        .withConstant(Tensor.of(new float[1], 1))
        .withConstant(Tensor.allocate(DType.INT32, 1));
    assertThat(check.refusal(new QuantizedConvTactic(POOL, ByteKernels.best(Cases.CODES))))
        .isEqualTo("sums of 131072 products from 0.0 (expected: within int32)");
  }
}
