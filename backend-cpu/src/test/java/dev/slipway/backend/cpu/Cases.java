package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Artifacts;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.function.BiConsumer;

/** Random cases of a kernel test: a failure names its seed, and {@code -Dslipway.seed=...} replays that one case. */
final class Cases {
  /** Shared by all tests, so that code under a name that does not tell what it computes would be found. */
  static final GeneratedCode CODES = new GeneratedCode(new Artifacts());

  private Cases() {}

  /** All kernels that the machine has. */
  static MicroKernels kernels() {
    return Isa.best().<MicroKernels>map(isa -> new MachineMicroKernels(isa, CODES)).orElseGet(VectorMicroKernels::new);
  }

  /** Runs a test on a number of seeds. */
  static void each(int count, BiConsumer<Random, Arena> test) {
    Long replay = Long.getLong("slipway.seed");
    for (int i = 0; i < (replay == null ? count : 1); i++) {
      long seed = replay == null ? 1000 + i : replay;
      try (Arena arena = Arena.ofShared()) {
        test.accept(new Random(seed), arena);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + " (replay with -Dslipway.seed=" + seed + "): " + e.getMessage(), e);
      }
    }
  }

  /** The kernels of the Vector API, or those in machine code where it can run. */
  static MicroKernels kernels(Random random) {
    return random.nextBoolean() ? new VectorMicroKernels() : kernels();
  }

  static int oneOf(Random random, int... values) {
    return values[random.nextInt(values.length)];
  }

  /** Values between -1 and 1. */
  static float[] floats(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat() * 2 - 1;
    }
    return values;
  }

  static MemorySegment memory(Arena arena, float[] values) {
    MemorySegment segment = arena.allocate(values.length * 4L + Memory.ALIGNMENT, Memory.ALIGNMENT);
    MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT, 0, values.length);
    return segment.asSlice(0, values.length * 4L);
  }

  /** Memory full of NaNs: what a kernel leaves unwritten, or reads without right, shows. */
  static MemorySegment unset(Arena arena, long bytes) {
    MemorySegment segment = arena.allocate(bytes + Memory.ALIGNMENT, Memory.ALIGNMENT);
    segment.fill((byte) 0xff);
    return segment.asSlice(0, bytes);
  }

  static float[] floats(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_FLOAT);
  }

  /** [n, c, spatial] to NCHW[c] with zeros in the padding channels. */
  static float[] blocked(float[] values, int n, int c, int spatial) {
    return blocked(values, n, c, spatial, Memory.LANES);
  }

  /** [n, c, spatial] to blocks of so many channels with zeros in the padding channels. */
  static float[] blocked(float[] values, int n, int c, int spatial, int lanes) {
    int blocks = Math.ceilDiv(c, lanes);
    float[] result = new float[n * blocks * lanes * spatial];
    for (int i = 0; i < n * c * spatial; i++) {
      int channel = i / spatial % c;
      int image = i / spatial / c;
      result[((image * blocks + channel / lanes) * spatial + i % spatial) * lanes + channel % lanes] = values[i];
    }
    return result;
  }

  /** Asserts that all elements agree to a number of epsilons of the magnitude plus one. */
  static void assertClose(float[] actual, double[] expected, double epsilons, String what) {
    assertThat(actual).as(what).hasSize(expected.length);
    double epsilon = Math.ulp(1f) * epsilons;
    for (int i = 0; i < actual.length; i++) {
      double difference = Math.abs(actual[i] - expected[i]);
      boolean same = Double.compare(actual[i], expected[i]) == 0;
      if (!same && !(difference <= epsilon * (1 + Math.abs(expected[i])))) {
        assertThat((double) actual[i]).as("%s, element %d of %d", what, i, actual.length).isEqualTo(expected[i]);
      }
    }
  }

  static double[] doubles(float[] values) {
    double[] result = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = values[i];
    }
    return result;
  }
}
