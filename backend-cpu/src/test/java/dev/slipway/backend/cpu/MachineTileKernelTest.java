package dev.slipway.backend.cpu;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.FusedGroup;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Function;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MachineTileKernelTest {
  private static final Expression RESULT = input(FusedGroup.RESULT);

  /** Epilogues: the expression, and the sides it takes. */
  private static final List<Epilogue> EPILOGUES =
      List.of(
          Epilogue.NONE,
          Epilogue.of(RESULT.max(constant(0))),
          Epilogue.of(RESULT.times(RESULT.apply(Function.SIGMOID))),
          Epilogue.of(RESULT.times(0.5).times(RESULT.apply(Function.ERF).plus(constant(1)))),
          new Epilogue(RESULT.plus(input(0)), List.of(Side.FULL)),
          new Epilogue(RESULT.times(input(1)).plus(input(0)).apply(Function.TANH), List.of(Side.FULL, Side.CHANNEL)),
          new Epilogue(RESULT.times(input(0)).max(input(1)), List.of(Side.CHANNEL, Side.SCALAR)));

  @ParameterizedTest
  @EnumSource(Isa.class)
  void agreesWithTheDefinition(Isa isa) {
    assumeTrue(isa.isActive(), () -> "no " + isa);
    Cases.each(120, (random, arena) -> check(isa, random, arena));
  }

  /** A grid of pixels and channels in memory with gaps, and a tile kernel over it. */
  private static void check(Isa isa, Random random, Arena arena) {
    List<TileShape> shapes =
        new MachineTiles(isa).all(new TileGrid(1 + random.nextInt(4), 1 + random.nextInt(31), 1 + random.nextInt(8), 9));
    TileShape tile = shapes.get(random.nextInt(shapes.size()));
    int lanes = isa.lanes();
    int channels = tile.blocks() * lanes;
    int tiles = tile.rows() > 1 ? 1 : 1 + random.nextInt(3);
    int rows = 1 + random.nextInt(3);
    int width = tiles * tile.pixels();
    int height = rows * tile.rows();
    boolean blocked = random.nextBoolean();
    int lastLanes = blocked ? lanes : 1 + random.nextInt(lanes);
    int[] lengths = new int[1 + random.nextInt(4)];
    boolean equal = random.nextBoolean();
    int steps = 0;
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = equal && i > 0 ? lengths[0] : Cases.oneOf(random, 1, 3, 4, 5, 7, 8, 16);
      steps += lengths[i];
    }
    int pixelFloats = 1 + random.nextInt(20);
    int rowFloats = width * pixelFloats + random.nextInt(5);
    int segmentFloats = height * rowFloats + 16;
    SegmentTable segments = new SegmentTable(lengths.length, arena);
    for (int i = 0; i < lengths.length; i++) {
      segments.add((long) i * segmentFloats * Float.BYTES, lengths[i]);
    }
    Epilogue epilogue = EPILOGUES.get(random.nextInt(EPILOGUES.size()));
    TileSpec.Strides output = blocked
        ? new TileSpec.Strides(lanes * 4, width * lanes * 4, height * width * lanes * 4)
        : new TileSpec.Strides(channels * 4, width * channels * 4, lanes * 4);
    TileSpec spec = new TileSpec(
        isa.vectorBits(),
        tile,
        new TileSpec.Strides(pixelFloats * 4, rowFloats * 4, 0),
        output,
        lastLanes,
        epilogue,
        random.nextInt(4),
        random.nextBoolean(),
        segments.fewSteps());
    float[] in = Cases.floats(random, lengths.length * segmentFloats);
    float[] weights = Cases.floats(random, steps * channels);
    float[] bias = Cases.floats(random, channels);
    Map<Side, float[]> sides = Map.of(
        Side.FULL, Cases.floats(random, height * width * channels),
        Side.CHANNEL, Cases.floats(random, channels),
        Side.SCALAR, Cases.floats(random, 1));
    long[] addresses = new long[2];
    for (int i = 0; i < epilogue.sides().size(); i++) {
      addresses[i] = Cases.memory(arena, sides.get(epilogue.sides().get(i))).address();
    }
    MemorySegment out = Cases.unset(arena, (long) height * width * channels * 4);
    new MachineMicroKernels(isa, Cases.CODES)
        .tile(spec)
        .run(
            Cases.memory(arena, in).address(),
            segments.address(),
            Cases.memory(arena, weights).address(),
            Cases.memory(arena, bias).address(),
            out.address(),
            addresses[0],
            addresses[1],
            0,
            tiles,
            rows);
    double[] expected = new double[height * width * channels];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int channel = 0; channel < channels; channel++) {
          double sum = bias[channel];
          int step = 0;
          for (int i = 0; i < lengths.length; i++) {
            for (int k = 0; k < lengths[i]; k++, step++) {
              int at = i * segmentFloats + y * rowFloats + x * pixelFloats + k;
              sum += (double) in[at] * weights[step * channels + channel];
            }
          }
          int at = (y * output.row() + x * output.pixel() + channel / lanes * output.block()) / 4 + channel % lanes;
          double[] values = new double[2];
          for (int i = 0; i < epilogue.sides().size(); i++) {
            float[] side = sides.get(epilogue.sides().get(i));
            values[i] = switch (epilogue.sides().get(i)) {
              case FULL -> side[at];
              case CHANNEL -> side[channel];
              case SCALAR -> side[0];
            };
          }
          boolean stored = channel < channels - lanes + lastLanes;
          expected[at] = stored ? epilogue.shifted().evaluate(new double[] {sum, values[0], values[1]}) : Double.NaN;
        }
      }
    }
    assertStored(Cases.floats(out), expected, spec.toString());
  }

  /** What is not to be written is still the NaN that was there. */
  private static void assertStored(float[] actual, double[] expected, String what) {
    for (int i = 0; i < expected.length; i++) {
      if (Double.isNaN(expected[i]) && Float.isNaN(actual[i])) {
        actual[i] = 0;
        expected[i] = 0;
      }
    }
    Cases.assertClose(actual, expected, 64, what);
  }
}
