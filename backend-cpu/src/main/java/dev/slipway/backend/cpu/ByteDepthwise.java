package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Convolution of {@link ChannelBytes} in which every channel has weights of its own, a block's plane at a time. A
 * padded plane is copied with a border of zero points. Thread-safe: it holds no state of a call.
 */
final class ByteDepthwise {
  private static final int BLOCK = ChannelBytes.BLOCK;
  private static final int GROUP = 4;
  private static final int ROW_PIXELS = 12;
  private static final int PAIR_PIXELS = 4;

  /** Multiply-adds that are worth a unit of work. */
  private static final long UNIT_PRODUCTS = 100_000;

  private final ConvShape shape;
  private final ByteTileSpec.Sums sums;
  private final ByteTileSpec spec;
  private final SegmentTable segments;
  private final ByteTileKernel main;
  private final ByteTileKernel rest;
  private final ChannelBytes output;
  private final boolean clears;

  /**
   * @param rounds whether results become bytes
   * @param clears whether channels that the last block has too many must be cleared
   */
  ByteDepthwise(
      ByteKernels kernels,
      ConvShape shape,
      boolean rounds,
      boolean clears,
      ByteEpilogue epilogue,
      Arena arena) {
    this.shape = shape;
    this.clears = clears && shape.outChannels() % BLOCK != 0;
    sums = kernels.tapSums(shape.dilationWidth());
    int elementBytes = rounds ? 1 : Float.BYTES;
    output = new ChannelBytes(
        shape.batch(), shape.outChannels(), shape.outHeight() * shape.outWidth(), elementBytes);
    int most = kernels.mostPixels(sums, sums == ByteTileSpec.Sums.TAP_ROWS ? ROW_PIXELS : PAIR_PIXELS, epilogue);
    int width = shape.outWidth();
    spec = new ByteTileSpec(
        sums,
        Math.ceilDiv(width, Math.ceilDiv(width, most)),
        1,
        shape.strideWidth() * BLOCK,
        Math.multiplyExact(shape.strideHeight() * paddedWidth(), BLOCK),
        BLOCK * elementBytes,
        width * BLOCK * elementBytes,
        0,
        rounds,
        false,
        epilogue);
    int restPixels = width % spec.pixels();
    main = kernels.tile(spec);
    rest = restPixels == 0 ? main : kernels.tile(spec.withTile(restPixels, 1));
    segments = segments(arena);
  }

  private SegmentTable segments(Arena arena) {
    int taps = taps(shape);
    SegmentTable table = new SegmentTable(taps, arena);
    if (sums == ByteTileSpec.Sums.TAP_PAIRS) {
      for (int i = 0; i < taps; i += 2) {
        table.add(offset(i), offset(Math.min(i + 1, taps - 1)));
      }
      return table;
    }
    for (int row = 0; row < shape.kernelHeight(); row++) {
      for (int column = 0; column < shape.kernelWidth(); column += GROUP) {
        int pixels = Math.min(GROUP, shape.kernelWidth() - column);
        table.add(offset(row * shape.kernelWidth() + column), (1 << pixels * GROUP) - 1);
      }
    }
    return table;
  }

  private long offset(int tap) {
    int row = tap / shape.kernelWidth() * shape.dilationHeight();
    int column = tap % shape.kernelWidth() * shape.dilationWidth();
    return ((long) row * paddedWidth() + column) * BLOCK;
  }

  private static int taps(ConvShape shape) {
    return shape.kernelHeight() * shape.kernelWidth();
  }

  /** The format's name, for plans. */
  String format() {
    return "depthwise-s8-" + sums;
  }

  /** Bytes of the weights of one block. */
  private long blockBytes() {
    return switch (sums) {
      case TAP_ROWS -> (long) shape.kernelHeight() * groups() * BLOCK * GROUP;
      case TAP_PAIRS, DENSE -> (long) Math.ceilDiv(taps(shape), 2) * BLOCK * 2 * Short.BYTES;
    };
  }

  private int groups() {
    return Math.ceilDiv(shape.kernelWidth(), GROUP);
  }

  long packedBytes() {
    return output.blocks() * blockBytes();
  }

  /** Packs weights [channels, 1, kernelHeight, kernelWidth]. */
  void packWeights(MemorySegment weights, MemorySegment to) {
    int taps = taps(shape);
    for (int channel = 0; channel < shape.outChannels(); channel++) {
      long block = channel / BLOCK * blockBytes();
      int lane = channel % BLOCK;
      for (int tap = 0; tap < taps; tap++) {
        byte weight = weights.get(AddressSpace.BYTE, (long) channel * taps + tap);
        if (sums == ByteTileSpec.Sums.TAP_ROWS) {
          int column = tap % shape.kernelWidth();
          int group = tap / shape.kernelWidth() * groups() + column / GROUP;
          to.set(AddressSpace.BYTE, block + ((long) group * BLOCK + lane) * GROUP + column % GROUP, weight);
        } else {
          long pair = (long) tap / 2 * BLOCK + lane;
          to.set(AddressSpace.SHORT, block + (pair * 2 + tap % 2) * Short.BYTES, weight);
        }
      }
    }
  }

  /** Bytes of scratch memory that each thread needs. */
  long scratchBytes() {
    long rows = shape.inHeight() + shape.padTop() + shape.padBottom();
    return shape.padded() ? AddressSpace.roundUp(rows * paddedWidth() * BLOCK, AddressSpace.ALIGNMENT) : 0;
  }

  /** Runs on the pool; the scratch memory has {@link #scratchBytes} for each of its threads. */
  void run(WorkerPool pool, ByteConvolution.Operands at) {
    int planes = shape.batch() * output.blocks();
    long products = (long) taps(shape) * output.spatial() * BLOCK;
    int perUnit = Math.toIntExact(Math.clamp(UNIT_PRODUCTS / Math.max(1, products), 1, planes));
    pool.run(Math.ceilDiv(planes, perUnit), (unit, worker) -> {
      for (int plane = unit * perUnit; plane < Math.min(planes, (unit + 1) * perUnit); plane++) {
        plane(at, plane, at.scratch() + worker * scratchBytes());
      }
    });
    if (clears) {
      output.clearPadding(at.output());
    }
  }

  private void plane(ByteConvolution.Operands at, int plane, long scratch) {
    int block = plane % output.blocks();
    long input = at.input() + (long) plane * shape.inHeight() * shape.inWidth() * BLOCK;
    if (shape.padded()) {
      pad(input, scratch, at.zeroPoint());
      input = scratch;
    }
    long out = at.output() + (long) plane * output.spatial() * spec.outputPixel();
    int tiles = shape.outWidth() / spec.pixels();
    long side = at.beside() + beside((long) plane * output.spatial());
    run(main, at, block, input, side, out, tiles);
    if (tiles * spec.pixels() < shape.outWidth()) {
      long done = (long) tiles * spec.pixels();
      run(rest, at, block, input + done * spec.inputPixel(), side + beside(done), out + done * spec.outputPixel(), 1);
    }
  }

  /** Bytes of so many pixels of the side. */
  private long beside(long pixels) {
    return pixels * BLOCK * spec.epilogue().side().map(ByteEpilogue.Side::bytes).orElse(0);
  }

  private void run(
      ByteTileKernel kernel,
      ByteConvolution.Operands at,
      int block,
      long input,
      long side,
      long output,
      int tiles) {
    kernel.run(
        input,
        segments.address(),
        at.weights() + block * blockBytes(),
        at.parameters() + (long) block * ChannelParameters.BLOCK_BYTES,
        output,
        at.constants(),
        side,
        tiles,
        shape.outHeight());
  }

  private void pad(long plane, long padded, int zeroPoint) {
    AddressSpace.ALL.asSlice(padded, scratchBytes()).fill((byte) zeroPoint);
    long row = (long) shape.inWidth() * BLOCK;
    for (int y = 0; y < shape.inHeight(); y++) {
      long to = padded + ((long) (y + shape.padTop()) * paddedWidth() + shape.padLeft()) * BLOCK;
      MemorySegment.copy(AddressSpace.ALL, plane + y * row, AddressSpace.ALL, to, row);
    }
  }

  private int paddedWidth() {
    return shape.inWidth() + shape.padLeft() + shape.padRight();
  }
}
