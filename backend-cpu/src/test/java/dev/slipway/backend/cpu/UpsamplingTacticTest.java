package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.Op;
import dev.slipway.operators.Fused;
import dev.slipway.operators.Operators;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class UpsamplingTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);

  @AfterAll
  static void close() {
    POOL.close();
  }

  static Stream<MicroKernels> kernels() {
    Stream<MicroKernels> machine = Isa.best().stream()
        .filter(isa -> isa.lanes() == Memory.LANES)
        .map(isa -> new MachineMicroKernels(isa, Cases.CODES));
    return Stream.concat(Stream.of(new VectorMicroKernels()), machine);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void intoContiguousOutputs(MicroKernels kernels) {
    Cases.each(40, (random, arena) -> {
      int outputs = Cases.oneOf(random, 1, 2, Memory.LANES, Memory.LANES + 3);
      check(kernels, random, outputs, random.nextBoolean(), false, arena);
    });
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void intoBlockedOutputs(MicroKernels kernels) {
    Cases.each(40, (random, arena) -> {
      int outputs = Cases.oneOf(random, Memory.LANES - 1, Memory.LANES, 2 * Memory.LANES + 3);
      check(kernels, random, outputs, random.nextBoolean(), true, arena);
    });
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void addsAnotherTensor(MicroKernels kernels) {
    Cases.each(20, (random, arena) -> {
      int outputs = Cases.oneOf(random, Memory.LANES - 1, Memory.LANES, 2 * Memory.LANES + 3);
      int width = Cases.oneOf(random, 1, 13, 20);
      boolean blocked = random.nextBoolean();
      TacticCheck check = TacticCheck.of(new Fused(GraphParser.parse("""
          graph g {
            input x: float32[2, 5, 3, %d]
            input w: float32[5, %d, 2, 2]
            input b: float32[%d]
            input r: float32[2, %d, 6, %d]
            y = ConvTranspose(x, w, b) {strides = [2, 2]}
            s = Add(y, r)
            z = Relu(s)
            output z = z
          }""".formatted(width, outputs, outputs, outputs, 2 * width), Operators::get)));
      check.with(TacticCheck.floats(random, 2, 5, 3, width))
          .withConstant(TacticCheck.floats(random, 5, outputs, 2, 2))
          .withConstant(TacticCheck.floats(random, outputs));
      var other = TacticCheck.floats(random, 2, outputs, 6, 2 * width);
      if (blocked) {
        check.withBlocked(other).blockedOutputs();
      } else {
        check.with(other);
      }
      check.run(new UpsamplingTactic(POOL, kernels), arena);
    });
  }

  private static void check(
      MicroKernels kernels, Random random, int outputs, boolean blockedInput, boolean blockedOutput, Arena arena) {
    int channels = Cases.oneOf(random, 1, Memory.LANES, Memory.LANES + 5);
    int height = 1 + random.nextInt(5);
    int width = Cases.oneOf(random, 1, 2, 13, 14, 15, 40);
    long down = 1 + random.nextInt(3);
    long right = 1 + random.nextInt(3);
    TacticCheck check = TacticCheck.of(
        random.nextBoolean() ? activated(random, channels, outputs, height, width, down, right) : plain(down, right));
    if (blockedOutput) {
      check.blockedOutputs();
    }
    var x = TacticCheck.floats(random, 2, channels, height, width);
    (blockedInput ? check.withBlocked(x) : check.with(x))
        .withConstant(TacticCheck.floats(random, channels, outputs, down, right))
        .withConstant(TacticCheck.floats(random, outputs))
        .run(new UpsamplingTactic(POOL, kernels), arena);
  }

  private static Op plain(long down, long right) {
    return Operators.get("ConvTranspose").create(Attributes.of("strides", List.of(down, right)));
  }

  private static Op activated(Random random, int channels, int outputs, int height, int width, long down, long right) {
    return new Fused(GraphParser.parse("""
        graph g {
          input x: float32[2, %d, %d, %d]
          input w: float32[%d, %d, %d, %d]
          input b: float32[%d]
          y = ConvTranspose(x, w, b) {strides = [%d, %d]}
          z = %s(y)
          output z = z
        }""".formatted(channels, height, width, channels, outputs, down, right, outputs, down, right,
            random.nextBoolean() ? "Relu" : "Sigmoid"), Operators::get));
  }

  @Test
  void refusesBlocksOfPadding() {
    assertThat(TacticCheck.of("ConvTranspose", Attributes.of("strides", List.of(2L, 2L)))
            .withBlocked(TacticCheck.floats(new Random(1), 1, 4, 3, 3))
            .withConstant(TacticCheck.floats(new Random(2), 4, 1, 2, 2))
            .blockedOutputs()
            .refusal(new UpsamplingTactic(POOL, new VectorMicroKernels())))
        .isEqualTo("1 channels, blocked (expected: contiguous)");
  }
}
