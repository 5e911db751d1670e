package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.operators.QuantizedMatMul;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MatrixUnitMatMulTacticTest {
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

  private static MatrixUnitMatMulTactic tactic() {
    return new MatrixUnitMatMulTactic(POOL, ByteKernels.best(Cases.CODES));
  }

  private static int rows(Random random) {
    return Cases.oneOf(random, 1, 7, 15, 16, 17, 31, 32, 33, 64, 70, 127, 128, 129, 200);
  }

  private static int columns(Random random) {
    return 16 * (1 + random.nextInt(7));
  }

  @Test
  void givesTheBitsOfTheDefinition() {
    Cases.each(60, (random, arena) -> {
      int depth = Cases.oneOf(random, 1, 4, 60, 63, 64, 65, 128, 200, 256);
      int columns = columns(random);
      TacticCheck check =
          TacticCheck.of(new QuantizedMatMul(
                  QuantizedCases.zeroPoint(random),
                  QuantizedCases.weightZeroPoint(random),
                  QuantizedCases.rounding(random)))
              .with(TacticCheck.random(random, DType.UINT8, rows(random), depth));
      QuantizedCases.withParameters(check, random, QuantizedCases.weights(random, depth, columns), columns)
          .run(tactic(), arena);
    });
  }

  @Test
  void takesScalesAndZeroPointsOfARun() {
    Cases.each(20, (random, arena) -> {
      int columns = columns(random);
      TacticCheck check = TacticCheck.of(new QuantizedMatMul(0, Optional.empty()))
          .with(TacticCheck.random(random, DType.UINT8, rows(random), 64));
      QuantizedCases.withParameters(check, random, QuantizedCases.weights(random, 64, columns), columns)
          .with(Tensor.scalar(0.5f + random.nextFloat()))
          .with(Tensor.scalar(DType.UINT8, QuantizedCases.zeroPoint(random)))
          .run(tactic(), arena);
    });
  }

  @Test
  void takesAScaleOfEachRow() {
    Cases.each(10, (random, arena) -> {
      int columns = columns(random);
      int rows = rows(random);
      TacticCheck check = TacticCheck.of(new QuantizedMatMul(QuantizedCases.zeroPoint(random), Optional.empty()))
          .with(TacticCheck.random(random, DType.UINT8, rows, 64));
      QuantizedCases.withParameters(check, random, QuantizedCases.weights(random, 64, columns), columns)
          .with(TacticCheck.floats(random, rows, 1))
          .run(tactic(), arena);
    });
  }

  @Test
  void epiloguesAreOneStepOffAtMost() {
    Cases.each(30, (random, arena) -> {
      int columns = columns(random);
      long[] in = {rows(random), 128};
      Tensor weights = QuantizedCases.weights(random, in[1], columns);
      Optional<Tensor> side = QuantizedCases.side(random, in[0], columns);
      QuantizedMatMul product = new QuantizedMatMul(QuantizedCases.zeroPoint(random), Optional.empty());
      TacticCheck check =
          TacticCheck.of(QuantizedCases.group(random, product, in, weights, side, random.nextBoolean()))
              .with(TacticCheck.random(random, DType.UINT8, in));
      QuantizedCases.withParameters(check, random, weights, columns);
      side.ifPresent(check::with);
      check.run(tactic(), arena);
    });
  }

  @Test
  void refusesColumnsThatAreNoWholeBlocks() {
    TacticCheck check = TacticCheck.of(new QuantizedMatMul(0, Optional.empty()))
        .with(Tensor.allocate(DType.UINT8, 4, 64));
    QuantizedCases.withParameters(check, new Random(1), Tensor.allocate(DType.INT8, 64, 20), 20);
    assertThat(check.refusal(tactic()))
        .isEqualTo("20 columns (expected: a multiple of 16)");
  }
}
