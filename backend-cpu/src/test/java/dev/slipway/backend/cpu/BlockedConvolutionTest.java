package dev.slipway.backend.cpu;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;

import dev.slipway.backend.FusedGroup;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Function;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class BlockedConvolutionTest {
  private static final WorkerPool ONE = new WorkerPool(1);
  private static final WorkerPool TWO = new WorkerPool(2);
  private static final Expression RESULT = input(FusedGroup.RESULT);

  /** Epilogues: the expression, and the sides it takes. */
  private static final List<Epilogue> EPILOGUES =
      List.of(
          Epilogue.NONE,
          Epilogue.of(RESULT.max(constant(0))),
          Epilogue.of(RESULT.apply(Function.SIGMOID)),
          new Epilogue(RESULT.plus(input(0)).max(constant(0)), List.of(Side.FULL)),
          new Epilogue(
              RESULT.times(input(1)).plus(input(0).times(input(2))),
              List.of(Side.FULL, Side.CHANNEL, Side.SCALAR)));

  @AfterAll
  static void close() {
    ONE.close();
    TWO.close();
  }

  @Test
  void agreesWithTheDefinition() {
    Cases.each(150, (random, arena) -> check(random, arena, BlockedConvolution.Input.BLOCKED));
  }

  @Test
  void readsPlainImages() {
    Cases.each(50, (random, arena) -> check(random, arena, BlockedConvolution.Input.PLAIN));
  }

  private static ConvShape shape(Random random, boolean plain) {
    int lanes = Memory.LANES;
    int kernelHeight = Cases.oneOf(random, 1, 1, 3, 5);
    int kernelWidth = random.nextBoolean() ? kernelHeight : Cases.oneOf(random, 1, 2, 3);
    int dilation = Cases.oneOf(random, 1, 1, 2);
    boolean padded = random.nextBoolean();
    return new ConvShape(
        1 + random.nextInt(2),
        plain ? 1 + random.nextInt(4) : Cases.oneOf(random, 1, lanes - 1, lanes, lanes + 1, 3 * lanes),
        (kernelHeight - 1) * dilation + 1 + random.nextInt(16),
        (kernelWidth - 1) * dilation + 1 + random.nextInt(16),
        Cases.oneOf(random, 1, lanes - 1, lanes, lanes + 1, 3 * lanes, 5 * lanes + 2),
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

  private static void check(Random random, Arena arena, BlockedConvolution.Input layout) {
    boolean plain = layout == BlockedConvolution.Input.PLAIN;
    ConvShape s = shape(random, plain);
    MicroKernels kernels = Cases.kernels(random);
    List<TileShape> tiles = kernels.tiles(BlockedConvolution.grid(s));
    TileShape tile = tiles.get(random.nextInt(Math.min(20, tiles.size())));
    Epilogue epilogue = EPILOGUES.get(random.nextInt(EPILOGUES.size()));
    float[] x = Cases.floats(random, s.batch() * s.inChannels() * s.inHeight() * s.inWidth());
    float[] w = Cases.floats(random, s.outChannels() * s.inChannels() * s.kernelHeight() * s.kernelWidth());
    float[] bias = Cases.floats(random, s.outChannels());
    int plane = s.outHeight() * s.outWidth();
    float[] full = Cases.floats(random, s.batch() * s.outChannels() * plane);
    float[] channel = Cases.floats(random, s.outChannels());
    float[] scalar = Cases.floats(random, 1);
    String what = s + " " + kernels.name() + " " + layout + " " + tile + " " + epilogue;

    MemorySegment packed = Cases.unset(arena, BlockedConvolution.packedBytes(s)).fill((byte) 0);
    BlockedConvolution.packWeights(s, layout, tile, Cases.memory(arena, w), packed);
    WorkerPool pool = random.nextBoolean() ? ONE : TWO;
    BlockedConvolution convolution =
        new BlockedConvolution(kernels, s, layout, tile, pool.threads(), epilogue, arena);
    float[] input = plain ? x : Cases.blocked(x, s.batch(), s.inChannels(), s.inHeight() * s.inWidth());
    float[] blockedFull = Cases.blocked(full, s.batch(), s.outChannels(), plane);
    MemorySegment output = Cases.unset(arena, blockedFull.length * 4L);
    convolution.run(
        pool,
        new ConvOperands(
            Cases.memory(arena, input).address(),
            packed.address(),
            Cases.memory(arena, Cases.blocked(bias, 1, s.outChannels(), 1)).address(),
            Cases.memory(arena, blockedFull).address(),
            Cases.memory(arena, Cases.blocked(channel, 1, s.outChannels(), 1)).address(),
            Cases.memory(arena, scalar).address(),
            output.address(),
            Cases.unset(arena, convolution.scratchBytes() * 2).address()));

    double[] y = ConvolutionReference.convolution(s, x, w, bias);
    for (int i = 0; i < y.length; i++) {
      y[i] = evaluate(epilogue.expression(), y[i], full[i], channel[i / plane % s.outChannels()], scalar[0]);
    }
    float[] expected = new float[y.length];
    for (int i = 0; i < y.length; i++) {
      expected[i] = (float) y[i];
    }
    double[] blocked = Cases.doubles(Cases.blocked(expected, s.batch(), s.outChannels(), plane));
    Cases.assertClose(Cases.floats(output), blocked, 64 + 4 * s.inChannels(), what);
  }

  /** The value for a result and the elements of sides. */
  static double evaluate(Expression e, double result, double... sides) {
    return switch (e) {
      case Expression.Input(int port) -> port == FusedGroup.RESULT ? result : sides[port];
      case Expression.Constant(double value) -> value;
      case Expression.Unary(var f, var x) ->
          new Expression.Unary(f, constant(evaluate(x, result, sides))).evaluate();
      case Expression.Binary(var o, var x, var y) ->
          new Expression.Binary(o, constant(evaluate(x, result, sides)), constant(evaluate(y, result, sides)))
              .evaluate();
      case Expression.Select(var c, var y, var z) ->
          evaluate(c, result, sides) != 0 ? evaluate(y, result, sides) : evaluate(z, result, sides);
    };
  }
}
