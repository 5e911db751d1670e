package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.operators.ByteRounding;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MatrixUnitByteConvTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);

  @AfterAll
  static void close() {
    POOL.close();
  }

  @BeforeEach
  void needsTheMatrixUnit() {
    assumeTrue(
        MatrixUnit.unavailableForBytes().isEmpty(), () -> MatrixUnit.unavailableForBytes().orElseThrow());
  }

  private static MatrixUnitByteConvTactic tactic() {
    return new MatrixUnitByteConvTactic(POOL, ByteKernels.best(Cases.CODES));
  }

  @Test
  void givesTheBitsOfTheDefinition() {
    Cases.each(60, (random, arena) -> {
      int kernel = Cases.oneOf(random, 1, 1, 2, 3, 5);
      int channels = QuantizedCases.channels(random);
      int outputs = QuantizedCases.channels(random);
      long[] in = {1 + random.nextInt(2), channels, kernel + random.nextInt(12), kernel + random.nextInt(18)};
      Optional<ByteRounding> rounding = QuantizedCases.rounding(random);
      TacticCheck check = TacticCheck.of(new QuantizedConv(
          QuantizedConvTacticTest.window(random, kernel),
          1,
          QuantizedCases.zeroPoint(random),
          QuantizedCases.weightZeroPoint(random),
          rounding));
      Tensor x = TacticCheck.random(random, DType.UINT8, in);
      check = random.nextBoolean() ? check.with(x) : check.withBlocked(x);
      Tensor w = QuantizedCases.weights(random, outputs, channels, kernel, kernel);
      QuantizedCases.withParameters(check, random, w, outputs);
      if (random.nextBoolean()) {
        check.blockedOutputs();
      }
      check.run(tactic(), arena);
    });
  }

  @Test
  void takesScalesAndZeroPointsOfARun() {
    Cases.each(20, (random, arena) -> {
      int channels = QuantizedCases.channels(random);
      int outputs = QuantizedCases.channels(random);
      TacticCheck check = TacticCheck.of(
              new QuantizedConv(QuantizedConvTacticTest.window(random, 3), 1, 0, Optional.empty()))
          .with(TacticCheck.random(random, DType.UINT8, 1, channels, 3 + random.nextInt(9), 3 + random.nextInt(9)));
      QuantizedCases.withParameters(check, random, QuantizedCases.weights(random, outputs, channels, 3, 3), outputs)
          .with(Tensor.scalar(0.5f + random.nextFloat()))
          .with(Tensor.scalar(DType.UINT8, QuantizedCases.zeroPoint(random)))
          .run(tactic(), arena);
    });
  }

  @Test
  void epiloguesAreOneStepOffAtMost() {
    Cases.each(40, (random, arena) -> {
      int outputs = QuantizedCases.channels(random);
      long[] in = {1 + random.nextInt(2), QuantizedCases.channels(random), 1 + random.nextInt(9), 1 + random.nextInt(20)};
      long[] out = {in[0], outputs, in[2], in[3]};
      Tensor weights = QuantizedCases.weights(random, outputs, in[1], 1, 1);
      SpatialWindow window =
          new SpatialWindow(SpatialWindow.AutoPad.NOTSET, List.of(), List.of(), List.of(), List.of(), false);
      QuantizedConv conv = new QuantizedConv(window, 1, QuantizedCases.zeroPoint(random), Optional.empty());
      Optional<Tensor> side = QuantizedCases.side(random, out);
      TacticCheck check =
          TacticCheck.of(QuantizedCases.group(random, conv, in, weights, side, random.nextBoolean()))
              .with(TacticCheck.random(random, DType.UINT8, in));
      QuantizedCases.withParameters(check, random, weights, outputs);
      side.ifPresent(check::with);
      check.run(tactic(), arena);
    });
  }

  @Test
  void refusesGroups() {
    TacticCheck check = TacticCheck.of(
            new QuantizedConv(QuantizedConvTacticTest.window(new Random(1), 1), 2, 0, Optional.empty()))
        .with(Tensor.allocate(DType.UINT8, 1, 32, 4, 4));
    QuantizedCases.withParameters(check, new Random(1), Tensor.allocate(DType.INT8, 32, 16, 1, 1), 32);
    assertThat(check.refusal(tactic())).isEqualTo("group 2 (expected: 1)");
  }
}
