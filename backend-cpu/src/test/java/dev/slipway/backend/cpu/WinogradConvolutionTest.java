package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WinogradConvolutionTest {
  private static final List<MicroKernels> KERNELS =
      Stream.concat(
              Stream.of(new VectorMicroKernels()),
              Stream.of(Isa.values())
                  .filter(isa -> isa.isActive() && isa.lanes() == Memory.LANES)
                  .map(isa -> new MachineMicroKernels(isa, Cases.CODES)))
          .toList();

  /** Errors are sums of many; of so many outputs none is this many deviations off. */
  private static final double MOST_DEVIATIONS = 8;

  /** Of numbers that are uniform between -1 and 1. */
  private static final double MEAN_SQUARE = 1 / 3.0;
  private static final WorkerPool ONE = new WorkerPool(1);
  private static final WorkerPool TWO = new WorkerPool(2);

  @AfterAll
  static void close() {
    ONE.close();
    TWO.close();
  }

  @ParameterizedTest
  @EnumSource
  void agreesWithTheDefinition(Winograd algorithm) {
    Cases.each(60, (random, arena) -> check(random, arena, algorithm));
  }

  private static ConvShape shape(Random random) {
    int lanes = Memory.LANES;
    boolean padded = random.nextBoolean();
    return new ConvShape(
        1 + random.nextInt(3),
        Cases.oneOf(random, 1, lanes - 1, lanes, lanes + 1, 3 * lanes),
        3 + random.nextInt(20),
        3 + random.nextInt(20),
        Cases.oneOf(random, 1, lanes - 1, lanes, lanes + 1, 3 * lanes, 5 * lanes + 2),
        Winograd.TAPS,
        Winograd.TAPS,
        1,
        1,
        padded ? random.nextInt(3) : 0,
        padded ? random.nextInt(3) : 0,
        padded ? random.nextInt(3) : 0,
        padded ? random.nextInt(3) : 0,
        1,
        1,
        1);
  }

  private static void check(Random random, Arena arena, Winograd algorithm) {
    ConvShape s = shape(random);
    MicroKernels kernels = KERNELS.get(random.nextInt(KERNELS.size()));
    WorkerPool pool = random.nextBoolean() ? ONE : TWO;
    List<TileShape> tiles = kernels.tiles(WinogradBlocking.grid(s, algorithm, pool.threads()));
    TileShape tile = tiles.get(random.nextInt(Math.min(12, tiles.size())));
    Epilogue epilogue = ConvolutionCase.epilogue(random);
    ConvolutionCase data = new ConvolutionCase(s, epilogue, random, arena);
    float[] output = run(kernels, data, s, algorithm, tile, epilogue, pool, arena);
    String what = kernels.name() + " " + s + " " + algorithm + " " + tile + " " + epilogue;
    Cases.assertClose(output, data.expected(), 16 + MOST_DEVIATIONS * deviation(algorithm, s), what);
  }

  private static float[] run(
      MicroKernels kernels,
      ConvolutionCase data,
      ConvShape s,
      Winograd algorithm,
      TileShape tile,
      Epilogue epilogue,
      WorkerPool pool,
      Arena arena) {
    MemorySegment packed = Cases.unset(arena, WinogradWeights.bytes(s, algorithm)).fill((byte) 0);
    new WinogradWeights(s, algorithm, tile.blocks()).pack(data.weights(), packed);
    WinogradConvolution convolution =
        new WinogradConvolution(
            kernels, new WinogradBlocking(s, algorithm, tile, pool.threads()), epilogue, arena);
    return Cases.floats(
        data.run(packed, convolution.scratchBytes(), operands -> convolution.run(pool, operands)));
  }

  /** The predicted deviation in epsilons for the random operands. */
  private static double deviation(Winograd algorithm, ConvShape s) {
    return algorithm.errorDeviation(s.inChannels()) * MEAN_SQUARE;
  }

  /** The predicted error is that of the worst placed output; all others are better. */
  @ParameterizedTest
  @EnumSource
  void errorIsAsPredicted(Winograd algorithm) {
    for (int channels : new int[] {16, 64, 256}) {
      ConvShape s = ConvShape.of(channels, 24, 16, Winograd.TAPS, 1, 1, 1);
      try (Arena arena = Arena.ofShared()) {
        ConvolutionCase data = new ConvolutionCase(s, Epilogue.NONE, new Random(channels), arena);
        float[] actual = run(KERNELS.getLast(), data, s, algorithm, new TileShape(8, 1), Epilogue.NONE, ONE, arena);
        double[] expected = data.expected();
        double squares = 0;
        for (int i = 0; i < actual.length; i++) {
          double error = Math.abs(actual[i] - expected[i]) / Math.ulp(1f);
          squares += error * error;
          assertThat(error).isLessThan(MOST_DEVIATIONS * deviation(algorithm, s));
        }
        double deviation = Math.sqrt(squares / actual.length);
        assertThat(deviation).as("%s, %d channels", algorithm, channels)
            .isBetween(deviation(algorithm, s) / 3, deviation(algorithm, s));
      }
    }
  }
}
