package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Convolution of {@link ChannelBytes} in which every channel has weights of its own, a block's plane at a time. A
 * padded plane is copied with a border of zero points. Thread-safe: it holds no state of a call.
 */
final class ByteDepthwise {
  private static final int BLOCK = ChannelBytes.BLOCK;
  private static final int GROUP = 4;
  private static final int ROW_PIXELS = 12;
  private static final int PAIR_PIXELS = 4;

  private static final double NANOS_PER_PRODUCT = 1.0 / 40;

  private final ConvShape shape;
  private final PaddedRows padded;
  private final ByteTileSpec.Sums sums;
  private final ByteTileSpec spec;
  private final SegmentTable segments;
  private final ByteTileKernel main;
  private final ByteTileKernel rest;
  private final ChannelBytes output;
  private final boolean clears;
  private final ImageUnits units;

  /**
   * @param range of results that become bytes; empty where they stay floats
   * @param clears whether channels that the last block has too many must be cleared
   * @param threads of the pool that it runs on
   */
  ByteDepthwise(
      ByteKernels kernels,
      ConvShape shape,
      int threads,
      Optional<ByteRange> range,
      boolean clears,
      ByteEpilogue epilogue,
      Arena arena) {
    this.shape = shape;
    padded = new PaddedRows(shape);
    this.clears = clears && shape.outChannels() % BLOCK != 0;
    sums = kernels.tapSums(shape.dilationWidth());
    int elementBytes = range.isPresent() ? 1 : Float.BYTES;
    output = new ChannelBytes(
        shape.batch(), shape.outChannels(), shape.outHeight() * shape.outWidth(), elementBytes);
    double nanos = NANOS_PER_PRODUCT * taps(shape) * shape.batch() * output.blocks() * BLOCK * output.spatial();
    units = output.units(threads, shape.outHeight(), nanos);
    int most = kernels.mostPixels(sums, sums == ByteTileSpec.Sums.TAP_ROWS ? ROW_PIXELS : PAIR_PIXELS, epilogue);
    int width = shape.outWidth();
    spec = new ByteTileSpec(
        sums,
        Math.ceilDiv(width, Math.ceilDiv(width, most)),
        1,
        0,
        shape.strideWidth() * BLOCK,
        Math.multiplyExact(shape.strideHeight() * padded.width(), BLOCK),
        BLOCK * elementBytes,
        width * BLOCK * elementBytes,
        0,
        range,
        ByteTileSpec.PerPixel.NONE,
        epilogue,
        0,
        0);
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
    return ((long) row * padded.width() + column) * BLOCK;
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
      case TAP_PAIRS, DENSE, GIVEN -> (long) Math.ceilDiv(taps(shape), 2) * BLOCK * 2 * Short.BYTES;
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
    int bandRows = Math.ceilDiv(shape.outHeight(), units.parts());
    return shape.padded() ? AddressSpace.roundUp(padded.bytes(bandRows), AddressSpace.ALIGNMENT) : 0;
  }

  /** Runs on the pool; the scratch memory has {@link #scratchBytes} for each of its threads. */
  void run(WorkerPool pool, ByteConvolution.Operands at) {
    pool.run(units.count(), (unit, worker) -> {
      int row = units.firstPixel(unit, shape.outHeight());
      int rowTo = units.endPixel(unit, shape.outHeight());
      int image = units.image(unit) * output.blocks();
      int end = units.endChannel(unit, output.blocks());
      for (int block = units.firstChannel(unit, output.blocks()); block < end; block++) {
        rows(at, image + block, row, rowTo - row, at.scratch() + worker * scratchBytes());
      }
      if (clears && end == output.blocks()) {
        long address = at.output() + units.image(unit) * (output.bytes() / shape.batch());
        output.clearPadding(address, row * shape.outWidth(), rowTo * shape.outWidth());
      }
    });
  }

  private void rows(ByteConvolution.Operands at, int plane, int row, int count, long scratch) {
    int block = plane % output.blocks();
    long input = at.input() + (long) plane * shape.inHeight() * shape.inWidth() * BLOCK;
    if (shape.padded()) {
      padded.copy(input, row, count, at.zeroPoint(), scratch);
      input = scratch;
    } else {
      input += (long) row * spec.inputRow();
    }
    long first = (long) plane * output.spatial() + (long) row * shape.outWidth();
    long out = at.output() + first * spec.outputPixel();
    long side = at.beside() + beside(first);
    int tiles = shape.outWidth() / spec.pixels();
    ByteTileKernel.Operands operands = new ByteTileKernel.Operands(
        input,
        segments.address(),
        at.weights() + block * blockBytes(),
        at.parameters() + (long) block * ChannelParameters.BLOCK_BYTES,
        out,
        at.constants(),
        side);
    main.run(operands, tiles, count);
    if (tiles * spec.pixels() < shape.outWidth()) {
      rest.run(behind(operands, tiles * spec.pixels()), 1, count);
    }
  }

  /** The operands so many pixels later. */
  private ByteTileKernel.Operands behind(ByteTileKernel.Operands at, long pixels) {
    return new ByteTileKernel.Operands(
        at.input() + pixels * spec.inputPixel(),
        at.segments(),
        at.weights(),
        at.parameters(),
        at.output() + pixels * spec.outputPixel(),
        at.constants(),
        at.beside() + beside(pixels));
  }

  /** Bytes of so many pixels of the side. */
  private long beside(long pixels) {
    return spec.beside(pixels * spec.outputPixel());
  }
}
