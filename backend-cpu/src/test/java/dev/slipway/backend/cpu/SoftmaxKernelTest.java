package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SoftmaxKernelTest {
  private static final float NOTHING = Float.NEGATIVE_INFINITY;

  @ParameterizedTest
  @EnumSource
  void machineCodeAgreesWithTheDefinition(Isa isa) {
    assumeTrue(isa.isActive(), () -> "no " + isa);
    Cases.each(60, (random, arena) -> check(random, arena, new MachineMicroKernels(isa, Cases.CODES)));
  }

  @Test
  void vectorsAgreeWithTheDefinition() {
    Cases.each(60, (random, arena) -> check(random, arena, new VectorMicroKernels()));
  }

  private static void check(Random random, Arena arena, MicroKernels kernels) {
    int length = Cases.oneOf(random, 1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 128, 200);
    int rows = 1 + random.nextInt(8);
    SoftmaxSpec spec = new SoftmaxSpec(random.nextBoolean());
    float[] x = floats(random, rows * length);
    if (random.nextInt(3) == 0) {
      // A row that is closed.
      for (int i = 0; i < length; i++) {
        x[i] = NOTHING;
      }
    }
    MemorySegment from = arena.allocateFrom(ValueLayout.JAVA_FLOAT, x);
    MemorySegment to = random.nextBoolean() ? from : arena.allocate(from.byteSize() + Float.BYTES);
    long stride = (long) length * Float.BYTES;
    kernels.softmax(spec).run(from.address(), to.address(), stride, length, rows);
    float[] actual = to.toArray(ValueLayout.JAVA_FLOAT);
    for (int row = 0; row < rows; row++) {
      double[] expected = expected(spec, x, row * length, length);
      for (int i = 0; i < length; i++) {
        if (Double.isNaN(expected[i])) {
          assertThat(actual[row * length + i]).isNaN();
        } else {
          assertThat((double) actual[row * length + i]).isCloseTo(expected[i], within(2e-6));
        }
      }
    }
    if (to.byteSize() > from.byteSize()) {
      assertThat(actual[rows * length]).as("behind the end").isZero();
    }
  }

  private static float[] floats(Random random, int count) {
    float[] values = new float[count];
    int kind = random.nextInt(8);
    for (int i = 0; i < count; i++) {
      values[i] = kind == 0 && random.nextInt(4) == 0 ? NOTHING : random.nextFloat() * 20 - 10;
    }
    if (kind == 1) {
      values[random.nextInt(count)] = Float.NaN;
    } else if (kind == 2) {
      values[random.nextInt(count)] = 1e30f;
    } else if (kind == 3) {
      values[random.nextInt(count)] += 80;
    }
    return values;
  }

  private static double[] expected(SoftmaxSpec spec, float[] x, int at, int length) {
    double[] values = new double[length];
    double largest = NOTHING;
    for (int i = 0; i < length; i++) {
      values[i] = x[at + i];
      largest = Math.max(largest, values[i]);
    }
    if (spec.closedToZero() && largest == NOTHING) {
      return new double[length];
    }
    double sum = 0;
    for (int i = 0; i < length; i++) {
      values[i] = Math.exp(values[i] - largest);
      sum += values[i];
    }
    for (int i = 0; i < length; i++) {
      values[i] /= sum;
    }
    return values;
  }
}
