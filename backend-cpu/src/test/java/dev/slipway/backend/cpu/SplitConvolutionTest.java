package dev.slipway.backend.cpu;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.FusedGroup;
import dev.slipway.operators.Expression;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SplitConvolutionTest {
  private static final WorkerPool ONE = new WorkerPool(1);
  private static final WorkerPool TWO = new WorkerPool(2);
  private static final Expression RESULT = input(FusedGroup.RESULT);
  private static final List<Epilogue> EPILOGUES = List.of(
      Epilogue.NONE,
      Epilogue.of(RESULT.max(constant(0))),
      Epilogue.of(RESULT.plus(constant(1))),
      new Epilogue(RESULT.plus(input(0)).max(constant(0)), List.of(Side.FULL)),
      new Epilogue(
          RESULT.times(input(1)).plus(input(0).times(input(2))), List.of(Side.FULL, Side.CHANNEL, Side.SCALAR)));

  @AfterAll
  static void close() {
    ONE.close();
    TWO.close();
  }

  @BeforeEach
  void needsTheMatrixUnit() {
    assumeTrue(MatrixUnit.unavailable().isEmpty(), () -> MatrixUnit.unavailable().orElseThrow());
  }

  @Test
  void agreesWithTheDefinition() {
    Cases.each(60, (random, arena) -> check(random, arena, shape(random), 0, 0));
  }

  @Test
  void computesLargeImagesInBands() {
    Cases.each(2, (random, arena) ->
        check(random, arena, ConvShape.of(48, 60 + random.nextInt(20), 33, 3, 1 + random.nextInt(2), 1, 1), 0, 0));
  }

  @Test
  void goesDeepInRuns() {
    Cases.each(2, (random, arena) -> check(random, arena, ConvShape.of(144, 5, 40, 3, 1, 1, 1), 0, 0));
  }

  @Test
  void takesNumbersOfAnySize() {
    float[] unusual = {Float.NaN, Float.POSITIVE_INFINITY, Float.MAX_VALUE, Float.MIN_VALUE, -0f, 1e30f, 1e-30f};
    Cases.each(25, (random, arena) ->
        check(random, arena, shape(random), unusual[random.nextInt(unusual.length)], 1 + random.nextInt(2)));
  }

  private static ConvShape shape(Random random) {
    int kernelHeight = Cases.oneOf(random, 1, 1, 3, 5);
    int kernelWidth = random.nextBoolean() ? kernelHeight : Cases.oneOf(random, 1, 2, 3);
    int dilation = Cases.oneOf(random, 1, 1, 2);
    boolean padded = random.nextBoolean();
    return new ConvShape(
        1 + random.nextInt(2),
        Cases.oneOf(random, 1, 15, 16, 17, 32, 33, 48, 64, 80),
        (kernelHeight - 1) * dilation + 1 + random.nextInt(12),
        (kernelWidth - 1) * dilation + 1 + random.nextInt(12),
        Cases.oneOf(random, 1, 15, 16, 17, 32, 33, 70),
        kernelHeight,
        kernelWidth,
        Cases.oneOf(random, 1, 1, 2, 3),
        Cases.oneOf(random, 1, 1, 2, 3),
        padded ? random.nextInt(kernelHeight + 1) : 0,
        padded ? random.nextInt(kernelWidth + 1) : 0,
        padded ? random.nextInt(kernelHeight + 1) : 0,
        padded ? random.nextInt(kernelWidth + 1) : 0,
        dilation,
        dilation,
        1);
  }

  /** @param where 0: nowhere; 1: {@code unusual} is among the inputs; 2: among the weights */
  private static void check(Random random, Arena arena, ConvShape s, float unusual, int where) {
    Epilogue epilogue = EPILOGUES.get(random.nextInt(EPILOGUES.size()));
    float[] x = Cases.floats(random, s.batch() * s.inChannels() * s.inHeight() * s.inWidth());
    float[] w = Cases.floats(random, s.outChannels() * s.inChannels() * s.kernelHeight() * s.kernelWidth());
    if (where > 0) {
      float[] changed = where == 1 ? x : w;
      changed[random.nextInt(changed.length)] = unusual;
    }
    float[] bias = Cases.floats(random, s.outChannels());
    int plane = s.outHeight() * s.outWidth();
    float[] full = Cases.floats(random, s.batch() * s.outChannels() * plane);
    float[] channel = Cases.floats(random, s.outChannels());
    float[] scalar = Cases.floats(random, 1);
    WorkerPool pool = random.nextBoolean() ? ONE : TWO;

    MemorySegment packed = Cases.unset(arena, SplitConvolution.columns(s).bytes()).fill((byte) 0);
    SplitConvolution.packWeights(s, Cases.memory(arena, w), packed);
    SplitConvolution convolution =
        new SplitConvolution(new MachineMicroKernels(Isa.AVX512, Cases.CODES), s, epilogue, pool.threads(), arena);
    float[] blockedFull = Cases.blocked(full, s.batch(), s.outChannels(), plane);
    MemorySegment output = Cases.unset(arena, blockedFull.length * 4L);
    convolution.run(
        pool,
        new ConvOperands(
            Cases.memory(arena, Cases.blocked(x, s.batch(), s.inChannels(), s.inHeight() * s.inWidth())).address(),
            packed.address(),
            Cases.memory(arena, Arrays.copyOf(bias, s.outChannels() + 2 * SplitFormat.BLOCK)).address(),
            Cases.memory(arena, blockedFull).address(),
            Cases.memory(arena, Cases.blocked(channel, 1, s.outChannels(), 1)).address(),
            Cases.memory(arena, scalar).address(),
            output.address(),
            Cases.unset(arena, convolution.scratchBytes()).address()));

    double[] y = ConvolutionReference.convolution(s, x, w, bias);
    float[] expected = new float[y.length];
    for (int i = 0; i < y.length; i++) {
      double[] inputs = {y[i], full[i], channel[i / plane % s.outChannels()], scalar[0]};
      expected[i] = (float) epilogue.shifted().evaluate(inputs);
    }
    double[] blocked = Cases.doubles(Cases.blocked(expected, s.batch(), s.outChannels(), plane));
    String what = s + " " + epilogue + " " + unusual + " in " + where;
    Cases.assertClose(Cases.floats(output), blocked, 64 + 4 * s.inChannels(), what);
  }
}
