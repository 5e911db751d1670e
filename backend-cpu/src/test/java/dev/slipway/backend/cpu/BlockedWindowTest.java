package dev.slipway.backend.cpu;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.FusedGroup;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Function;
import dev.slipway.operators.Expression.Operation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BlockedWindowTest {
  private static final Expression RESULT = input(FusedGroup.RESULT);
  private static final List<Epilogue> EPILOGUES = List.of(
      Epilogue.NONE,
      Epilogue.of(RESULT.max(constant(-0.5))),
      Epilogue.of(RESULT.max(constant(0)).min(constant(0.25))),
      Epilogue.of(RESULT.compare(Operation.LESS, constant(0)).select(RESULT.times(0.1), RESULT)),
      Epilogue.of(RESULT.times(RESULT.plus(constant(3)).max(constant(0)).min(constant(6)).times(1.0 / 6))),
      Epilogue.of(RESULT.times(RESULT.apply(Function.SIGMOID))),
      Epilogue.of(RESULT.apply(Function.TANH)),
      new Epilogue(RESULT.plus(input(0)), List.of(Side.FULL)),
      new Epilogue(RESULT.plus(input(0)).max(constant(0)), List.of(Side.CHANNEL)),
      new Epilogue(RESULT.times(input(0)).plus(input(1)), List.of(Side.SCALAR, Side.FULL)));
  private static final WorkerPool ONE = new WorkerPool(1);
  private static final WorkerPool TWO = new WorkerPool(2);

  @AfterAll
  static void close() {
    ONE.close();
    TWO.close();
  }

  @Test
  void agreesWithTheDefinition() {
    Cases.each(25, (random, arena) -> check(new VectorMicroKernels(), Memory.LANES, random, arena));
  }

  @ParameterizedTest
  @EnumSource(Isa.class)
  void machineCodeAgreesWithTheDefinition(Isa isa) {
    assumeTrue(isa.isActive(), isa + " is not active");
    Cases.each(60, (random, arena) -> check(new MachineMicroKernels(isa, Cases.CODES), isa.lanes(), random, arena));
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
    Epilogue epilogue = EPILOGUES.get(random.nextInt(EPILOGUES.size()));
    float[] x = Cases.floats(random, s.batch() * channels * s.inHeight() * s.inWidth());
    float[] w = Cases.floats(random, channels * kernelHeight * kernelWidth);
    float[] bias = Cases.floats(random, channels);
    int plane = s.outHeight() * s.outWidth();
    float[] full = Cases.floats(random, s.batch() * channels * plane);
    float[] channel = Cases.floats(random, channels);

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
                side(epilogue, 0, blockedFull, channel, arena, lanes),
                side(epilogue, 1, blockedFull, channel, arena, lanes),
                0,
                output.address(),
                0));

    double[] y =
        weighted
            ? ConvolutionReference.convolution(s, x, w, bias)
            : ConvolutionReference.pooling(s, x, reduction == WindowSpec.Reduction.MAX, countPadding);
    float[] expected = new float[y.length];
    for (int i = 0; i < y.length; i++) {
      double[] inputs = new double[epilogue.sides().size() + 1];
      inputs[0] = y[i];
      for (int side = 0; side < epilogue.sides().size(); side++) {
        inputs[side + 1] = switch (epilogue.sides().get(side)) {
          case FULL -> full[i];
          case CHANNEL -> channel[i / plane % channels];
          case SCALAR -> channel[0];
        };
      }
      expected[i] = (float) epilogue.shifted().evaluate(inputs);
    }
    double[] blocked = Cases.doubles(Cases.blocked(expected, s.batch(), channels, plane, lanes));
    Cases.assertClose(Cases.floats(output), blocked, 64, s + " " + reduction + " " + countPadding + " " + epilogue);
  }

  private static long side(Epilogue epilogue, int side, float[] full, float[] channel, Arena arena, int lanes) {
    if (side >= epilogue.sides().size()) {
      return 0;
    }
    return switch (epilogue.sides().get(side)) {
      case FULL -> Cases.memory(arena, full).address();
      case CHANNEL, SCALAR -> Cases.memory(arena, Cases.blocked(channel, 1, channel.length, 1, lanes)).address();
    };
  }
}
