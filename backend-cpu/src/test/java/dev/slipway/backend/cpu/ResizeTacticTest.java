package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Attributes;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ResizeTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);

  @AfterAll
  static void close() {
    POOL.close();
  }

  static Stream<MicroKernels> kernels() {
    return UpsamplingTacticTest.kernels();
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void agreesWithTheReference(MicroKernels kernels) {
    Cases.each(80, (random, arena) -> check(kernels, random, arena));
  }

  private static void check(MicroKernels kernels, Random random, Arena arena) {
    boolean antialias = random.nextInt(4) == 0;
    Attributes attributes = Attributes.of("mode", oneOf(random, "nearest", "linear", "cubic"))
        .with(
            "coordinate_transformation_mode",
            oneOf(random, "half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric"))
        .with("nearest_mode", oneOf(random, "round_prefer_floor", "round_prefer_ceil", "floor", "ceil"))
        .with("antialias", antialias)
        .with("exclude_outside", random.nextBoolean());
    boolean flat = random.nextInt(4) == 0;
    int batch = 1 + random.nextInt(2);
    int channels = Cases.oneOf(random, 1, 3, Memory.LANES, Memory.LANES + 1);
    int height = 1 + random.nextInt(9);
    int width = Cases.oneOf(random, 1, 2, 7, Memory.LANES + 1);
    Tensor x = flat
        ? TacticCheck.floats(random, batch, channels, width)
        : TacticCheck.floats(random, batch, channels, height, width);
    TacticCheck check = TacticCheck.of("Resize", attributes);
    if (random.nextBoolean()) {
      check.withBlocked(x).blockedOutputs();
    } else {
      check.with(x);
    }
    check.without();
    if (random.nextBoolean()) {
      Tensor scales = Tensor.allocate(DType.FLOAT32, x.type().shape().rank());
      scales.set(flat ? new double[] {1, 1, scale(random)} : new double[] {1, 1, scale(random), scale(random)});
      check.withConstant(scales);
    } else {
      Tensor sizes = Tensor.allocate(DType.INT64, x.type().shape().rank());
      double to = width + random.nextInt(2 * width);
      sizes.set(flat
          ? new double[] {batch, channels, to}
          : new double[] {batch, channels, height + random.nextInt(2 * height), to});
      check.without().withConstant(sizes);
    }
    check.run(new ResizeTactic(POOL, kernels), arena);
  }

  private static double scale(Random random) {
    return new double[] {1, 1, 1.5, 2, 3, 2.25}[random.nextInt(6)];
  }

  private static String oneOf(Random random, String... values) {
    return values[random.nextInt(values.length)];
  }

  @Test
  void refusals() {
    Tensor x = TacticCheck.floats(new Random(1), 1, 2, 20, 20);
    Tensor halves = Tensor.allocate(DType.FLOAT32, 4);
    halves.set(new double[] {1, 1, 0.1, 1});
    ResizeTactic tactic = new ResizeTactic(POOL, new VectorMicroKernels());
    Attributes shrinking = Attributes.of("mode", "linear").with("antialias", true);
    assertThat(TacticCheck.of("Resize", shrinking).with(x).without().withConstant(halves).refusal(tactic))
        .isEqualTo("taps 20x2 (expected: at most 8 along each axis)");
    Tensor twice = Tensor.allocate(DType.FLOAT32, 4);
    twice.set(new double[] {1, 2, 2, 2});
    assertThat(TacticCheck.of("Resize", Attributes.NONE).with(x).without().withConstant(twice).refusal(tactic))
        .isEqualTo("[1, 2, 20, 20] to [1, 4, 40, 40] (expected: the same batch and channels)");
  }
}
