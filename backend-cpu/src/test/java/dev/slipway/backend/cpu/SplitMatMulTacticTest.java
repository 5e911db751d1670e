package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.graph.Attributes;
import dev.slipway.tensor.Tensor;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SplitMatMulTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final WorkerPool ALONE = new WorkerPool(1);

  @AfterAll
  static void close() {
    POOL.close();
    ALONE.close();
  }

  @BeforeEach
  void needsTheMatrixUnit() {
    assumeTrue(MatrixUnit.unavailable().isEmpty(), () -> MatrixUnit.unavailable().orElseThrow());
  }

  private static SplitMatMulTactic tactic(Random random) {
    return new SplitMatMulTactic(random.nextBoolean() ? POOL : ALONE, Cases.kernels(random));
  }

  private static int rows(Random random) {
    return Cases.oneOf(random, 1, 15, 16, 17, 31, 32, 33, 64, 70, 200);
  }

  private static int columns(Random random) {
    return Cases.oneOf(random, 1, 15, 16, 17, 31, 32, 33, 64, 100, 300);
  }

  private static int depth(Random random) {
    return Cases.oneOf(random, 1, 16, 17, 31, 32, 33, 64, 90);
  }

  @Test
  void multipliesByConstantMatrices() {
    Cases.each(60, (random, arena) -> {
      int depth = depth(random);
      TacticCheck.of("MatMul", Attributes.NONE)
          .with(TacticCheck.floats(random, 1, rows(random), depth))
          .withConstant(TacticCheck.floats(random, depth, columns(random)))
          .run(tactic(random), arena);
    });
  }

  @Test
  void computesGemm() {
    Cases.each(60, (random, arena) -> {
      int depth = depth(random);
      int columns = columns(random);
      boolean transposed = random.nextBoolean();
      Attributes attributes = Attributes.of("alpha", random.nextBoolean() ? 1f : 0.5f)
          .with("beta", random.nextBoolean() ? 1f : 2f)
          .with("transB", transposed);
      TacticCheck check = TacticCheck.of("Gemm", attributes)
          .with(TacticCheck.floats(random, rows(random), depth))
          .withConstant(TacticCheck.floats(random, transposed ? columns : depth, transposed ? depth : columns));
      Tensor c = TacticCheck.floats(random, columns);
      (random.nextBoolean() ? check.withConstant(c) : check).run(tactic(random), arena);
    });
  }

  @Test
  void goesDeepInRuns() {
    Cases.each(4, (random, arena) -> {
      int depth = SplitColumns.RUN * SplitFormat.STEP + Cases.oneOf(random, 0, 1, 40);
      TacticCheck.of("MatMul", Attributes.NONE)
          .with(TacticCheck.floats(random, Cases.oneOf(random, 3, 32, 160), depth))
          .withConstant(TacticCheck.floats(random, depth, Cases.oneOf(random, 5, 64)))
          .run(tactic(random), arena);
    });
  }

  @Test
  void takesNumbersOfAnySize() {
    float[] unusual = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MAX_VALUE, Float.MIN_VALUE,
      -0f, 1e30f, 1e-30f, Float.intBitsToFloat(0x7fffffff), Float.intBitsToFloat(0x7f800001)};
    Cases.each(60, (random, arena) -> {
      int depth = depth(random);
      Tensor left = TacticCheck.floats(random, rows(random), depth);
      Tensor right = TacticCheck.floats(random, depth, columns(random));
      Tensor changed = random.nextInt(4) == 0 ? right : left;
      changed.setDouble(random.nextInt((int) changed.elementCount()), unusual[random.nextInt(unusual.length)]);
      TacticCheck.of("MatMul", Attributes.NONE).with(left).withConstant(right).run(tactic(random), arena);
    });
  }

  @Test
  void encodesTileInstructions() {
    Assembler code = new Assembler();
    code.ldtilecfg(Address.of(Gpr.RAX, 64));
    code.tilezero(new TileRegister(7));
    code.tileloadd(new TileRegister(5), Address.of(Gpr.R12, Gpr.RBX, 1, 2048));
    code.tilestored(Address.of(Gpr.RDX, Gpr.R9, 1, 0), new TileRegister(3));
    code.tdpbf16ps(new TileRegister(2), new TileRegister(5), new TileRegister(6));
    code.tilerelease();
    code.tdpbusd(new TileRegister(2), new TileRegister(5), new TileRegister(6));
    assertThat(HexFormat.of().formatHex(code.code())).isEqualTo(
        "c4e278494040c4e27b49f8c4c27b4bac1c00080000c4a27a4b1c0ac4e24a5cd5c4e27849c0c4e2495ed5");
  }
}
