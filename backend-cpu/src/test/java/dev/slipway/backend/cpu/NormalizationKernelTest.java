package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NormalizationKernelTest {
  @ParameterizedTest
  @EnumSource
  void machineCodeAgreesWithTheDefinition(Isa isa) {
    assumeTrue(isa.isActive(), () -> "no " + isa);
    Cases.each(80, (random, arena) -> check(random, arena, new MachineMicroKernels(isa, Cases.CODES)));
  }

  @Test
  void vectorsAgreeWithTheDefinition() {
    Cases.each(80, (random, arena) -> check(random, arena, new VectorMicroKernels()));
  }

  private static void check(Random random, Arena arena, MicroKernels kernels) {
    int length = Cases.oneOf(random, 1, 2, 7, 8, 9, 15, 16, 17, 33, 128, 384, 1700, 2100);
    int rows = 1 + random.nextInt(9);
    NormalizationSpec spec = new NormalizationSpec(length, random.nextBoolean(), random.nextBoolean(), 1e-2f);
    float[] x = Cases.floats(random, rows * length);
    float[] scale = Cases.floats(random, length);
    float[] bias = Cases.floats(random, length);
    int unusual = random.nextInt(6) == 0 ? random.nextInt(x.length) : -1;
    if (unusual >= 0) {
      x[unusual] = Float.NaN;
    }
    MemorySegment from = Cases.memory(arena, x);
    MemorySegment to = random.nextBoolean() ? from : Cases.unset(arena, 4L * x.length);
    MemorySegment means = Cases.unset(arena, 4L * rows);
    boolean wanted = random.nextBoolean();
    kernels.normalization(spec).run(
        from.address(),
        to.address(),
        rows,
        Cases.memory(arena, scale).address(),
        Cases.memory(arena, bias).address(),
        wanted ? means.address() : 0,
        0);
    float[] actual = Cases.floats(to);
    for (int row = 0; row < rows; row++) {
      double mean = 0;
      for (int i = 0; i < length && spec.centered(); i++) {
        mean += x[row * length + i] / (double) length;
      }
      double variance = 0;
      for (int i = 0; i < length; i++) {
        variance += Math.pow(x[row * length + i] - mean, 2) / length;
      }
      for (int i = 0; i < length; i++) {
        double y = (x[row * length + i] - mean) / Math.sqrt(variance + spec.epsilon()) * scale[i];
        double expected = spec.biased() ? y + bias[i] : y;
        if (Double.isNaN(expected)) {
          assertThat(actual[row * length + i]).isNaN();
        } else {
          assertThat((double) actual[row * length + i]).isCloseTo(expected, within(5e-6));
        }
      }
      if (wanted && spec.centered() && !Double.isNaN(mean)) {
        assertThat((double) Cases.floats(means)[row]).isCloseTo(mean, within(1e-6));
      }
    }
  }
}
