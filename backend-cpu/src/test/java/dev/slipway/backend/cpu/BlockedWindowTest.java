package dev.slipway.backend.cpu;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.FusedGroup;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BlockedWindowTest {
  private static final WorkerPool ONE = new WorkerPool(1);
  private static final WorkerPool TWO = new WorkerPool(2);

  @AfterAll
  static void close() {
    ONE.close();
    TWO.close();
  }

  @Test
  void agreesWithTheDefinition() {
    Cases.each(200, (random, arena) -> check(new VectorMicroKernels(), Memory.LANES, random, arena));
  }

  @ParameterizedTest
  @EnumSource(Isa.class)
  void machineCodeAgreesWithTheDefinition(Isa isa) {
    assumeTrue(isa.isActive(), isa + " is not active");
    Cases.each(400, (random, arena) -> check(new MachineMicroKernels(isa), isa.lanes(), random, arena));
  }

  private static void check(MicroKernels kernels, int lanes, Random random, Arena arena) {
    int kernelHeight = Cases.oneOf(random, 1, 2, 3, 5);
    int kernelWidth = Cases.oneOf(random, 1, 2, 3, 5, 9, 17);
    int dilation = Cases.oneOf(random, 1, 1, 2);
    int channels = Cases.oneOf(random, 1, lanes - 1, lanes, lanes + 1, 3 * lanes);
    // A window lies in the padding nowhere as a whole.
    ConvShape s =
        new ConvShape(
            1 + random.nextInt(2),
            channels,
            (kernelHeight - 1) * dilation + 1 + random.nextInt(20),
            (kernelWidth - 1) * dilation + 1 + random.nextInt(40),
            channels,
            kernelHeight,
            kernelWidth,
            Cases.oneOf(random, 1, 1, 2, 3),
            Cases.oneOf(random, 1, 1, 2, 3),
            random.nextInt(kernelHeight),
            random.nextInt(kernelWidth),
            random.nextInt(kernelHeight),
            random.nextInt(kernelWidth),
            dilation,
            dilation,
            channels);
    WindowSpec.Reduction reduction =
        WindowSpec.Reduction.values()[random.nextInt(WindowSpec.Reduction.values().length)];
    boolean weighted = reduction == WindowSpec.Reduction.WEIGHTED_SUM;
    boolean countPadding = random.nextBoolean();
    boolean add = random.nextBoolean();
    var result = input(FusedGroup.RESULT);
    Epilogue epilogue =
        add ? new Epilogue(result.plus(input(0)), List.of(Side.FULL)) : Epilogue.of(result.max(constant(-0.5)));
    float[] x = Cases.floats(random, s.batch() * channels * s.inHeight() * s.inWidth());
    float[] w = Cases.floats(random, channels * kernelHeight * kernelWidth);
    float[] bias = Cases.floats(random, channels);
    int plane = s.outHeight() * s.outWidth();
    float[] full = Cases.floats(random, s.batch() * channels * plane);

    WindowSpec spec = new WindowSpec(s, reduction, countPadding, epilogue, lanes);
    MemorySegment packed = Cases.unset(arena, BlockedWindow.packedBytes(spec)).fill((byte) 0);
    BlockedWindow.packWeights(spec, Cases.memory(arena, w), packed);
    int image = s.inHeight() * s.inWidth();
    float[] blockedFull = Cases.blocked(full, s.batch(), channels, plane, lanes);
    MemorySegment output = Cases.unset(arena, blockedFull.length * 4L);
    new BlockedWindow(kernels, spec)
        .run(
            random.nextBoolean() ? ONE : TWO,
            new ConvOperands(
                Cases.memory(arena, Cases.blocked(x, s.batch(), channels, image, lanes)).address(),
                packed.address(),
                Cases.memory(arena, Cases.blocked(bias, 1, channels, 1, lanes)).address(),
                Cases.memory(arena, blockedFull).address(),
                0,
                0,
                output.address(),
                0));

    double[] y =
        weighted
            ? ConvolutionReference.convolution(s, x, w, bias)
            : ConvolutionReference.pooling(s, x, reduction == WindowSpec.Reduction.MAX, countPadding);
    float[] expected = new float[y.length];
    for (int i = 0; i < y.length; i++) {
      expected[i] = (float) (add ? y[i] + full[i] : Math.max(y[i], -0.5));
    }
    double[] blocked = Cases.doubles(Cases.blocked(expected, s.batch(), channels, plane, lanes));
    Cases.assertClose(Cases.floats(output), blocked, 64, s + " " + reduction + " " + countPadding + " " + add);
  }
}
