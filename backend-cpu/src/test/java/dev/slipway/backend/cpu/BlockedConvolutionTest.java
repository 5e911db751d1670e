package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class BlockedConvolutionTest {
  private static final WorkerPool ONE = new WorkerPool(1);
  private static final WorkerPool TWO = new WorkerPool(2);

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
    Epilogue epilogue = ConvolutionCase.epilogue(random);
    ConvolutionCase data = new ConvolutionCase(s, epilogue, random, arena);
    MemorySegment packed = Cases.unset(arena, BlockedConvolution.packedBytes(s)).fill((byte) 0);
    new ConvWeights(s, layout, tile.blocks()).pack(kernels.moves(), data.weights(), packed);
    WorkerPool pool = random.nextBoolean() ? ONE : TWO;
    BlockedConvolution convolution =
        new BlockedConvolution(kernels, s, layout, tile, pool.threads(), epilogue, arena);
    long scratchBytes = convolution.scratchBytes() * pool.threads();
    MemorySegment output = plain
        ? data.runPlain(packed, scratchBytes, operands -> convolution.run(pool, operands))
        : data.run(packed, scratchBytes, operands -> convolution.run(pool, operands));
    String what = s + " " + kernels.name() + " " + layout + " " + tile + " " + epilogue;
    Cases.assertClose(Cases.floats(output), data.expected(), 64 + 4 * s.inChannels(), what);
  }
}
