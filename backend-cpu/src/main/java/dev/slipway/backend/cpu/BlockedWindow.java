package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * Depthwise convolution and pooling in NCHW[c]. Pixels whose window lies inside the image's width are computed in
 * tiles; those at its left and right edge one by one, with a table of the taps inside. Rows at the top and bottom use a
 * part of the table. Thread-safe: it holds no state of a call.
 */
final class BlockedWindow {
  private static final int MAX_PIXELS = 14;

  /** Tiles of rows longer than the longest tile. */
  private static final int[] LONG_ROW_PIXELS = {14, 9, 12};

  private static final int UNITS_PER_THREAD = 4;

  /** Taps times vectors that are worth a unit of work. */
  private static final long UNIT_TAPS = 20_000;

  private final ConvShape shape;
  private final WindowSpec.Reduction reduction;
  private final boolean countPadding;
  private final Side[] sides = new Side[Epilogue.MAX_SIDES];
  private final boolean clearPadding;
  private final int blocks;
  private final int insideFrom;
  private final int insideTo;
  private final int tilePixels;
  private final WindowKernel tileKernel;
  private final WindowKernel pixelKernel;
  private final Optional<EpiloguePass> pass;
  private final MemorySegment[] taps;

  /**
   * @param shape its {@code inChannels} are those of the output too
   * @param countPadding whether a mean divides by the taps in the padding too
   * @param arena lifetime of this operation's tables
   */
  BlockedWindow(
      MicroKernels kernels,
      ConvShape shape,
      WindowSpec.Reduction reduction,
      boolean countPadding,
      Epilogue epilogue,
      Arena arena) {
    this.shape = shape;
    this.reduction = reduction;
    this.countPadding = countPadding;
    blocks = Math.ceilDiv(shape.inChannels(), Memory.LANES);
    clearPadding = shape.inChannels() % Memory.LANES != 0 && !epilogue.keepsZero();
    for (int i = 0; i < sides.length; i++) {
      sides[i] = i < epilogue.sides().size() ? epilogue.sides().get(i) : Side.SCALAR;
    }
    int extent = shape.dilationWidth() * (shape.kernelWidth() - 1) + 1;
    int width = shape.outWidth();
    insideFrom = Math.min(width, Math.ceilDiv(shape.padLeft(), shape.strideWidth()));
    int reach = shape.inWidth() + shape.padLeft() - extent;
    insideTo = Math.clamp(reach < 0 ? 0 : reach / shape.strideWidth() + 1, insideFrom, width);
    tilePixels = tilePixels(insideTo - insideFrom);
    TileSpec tile =
        new TileSpec(
            Memory.SPECIES.vectorBitSize(),
            tilePixels,
            1,
            shape.strideWidth() * Memory.VECTOR_BYTES,
            Memory.VECTOR_BYTES,
            Memory.LANES,
            epilogue.inline() ? epilogue.expression() : Epilogue.NONE.expression());
    pass = epilogue.inline()
        ? Optional.empty()
        : Optional.of(new EpiloguePass(kernels, epilogue, PointwiseSpec.Motion.VECTOR));
    tileKernel = kernels.window(new WindowSpec(reduction, tile));
    pixelKernel = kernels.window(new WindowSpec(reduction, tile.withPixels(1)));
    taps = new MemorySegment[width];
    MemorySegment inside = tapTable(arena, 0, shape.kernelWidth());
    for (int x = 0; x < width; x++) {
      boolean edge = x < insideFrom || x >= insideTo;
      taps[x] = edge ? tapTable(arena, firstColumn(x), endColumn(x)) : inside;
    }
  }

  /** Bytes of packed depthwise weights, [block][kernel row][kernel column][c]. */
  static long packedBytes(ConvShape shape) {
    return (long) Math.ceilDiv(shape.inChannels(), Memory.LANES)
        * shape.kernelHeight()
        * shape.kernelWidth()
        * Memory.VECTOR_BYTES;
  }

  /** Packs weights [channels, 1, kernelHeight, kernelWidth]; {@code packed} is zero. */
  static void packWeights(ConvShape shape, MemorySegment weights, MemorySegment packed) {
    int kernel = shape.kernelHeight() * shape.kernelWidth();
    for (int c = 0; c < shape.inChannels(); c++) {
      for (int tap = 0; tap < kernel; tap++) {
        long to = ((long) c / Memory.LANES * kernel + tap) * Memory.LANES + c % Memory.LANES;
        packed.setAtIndex(Memory.FLOAT, to, weights.getAtIndex(Memory.FLOAT, (long) c * kernel + tap));
      }
    }
  }

  /** Runs on the pool; needs no scratch memory. */
  void run(WorkerPool pool, ConvOperands at) {
    int planes = shape.batch() * blocks;
    int height = shape.outHeight();
    int bands = pool.threads() == 1 ? 1 : Math.clamp(wantedUnits(pool.threads()) / planes, 1, height);
    pool.run(
        planes * bands,
        (unit, worker) -> {
          int plane = unit / bands;
          int band = unit % bands;
          rows(at, plane, (int) ((long) height * band / bands), (int) ((long) height * (band + 1) / bands));
        });
  }

  private int wantedUnits(int threads) {
    long work = (long) shape.batch() * blocks * shape.outHeight() * shape.outWidth();
    return Math.clamp(work * shape.kernelHeight() * shape.kernelWidth() / UNIT_TAPS, 1, threads * UNITS_PER_THREAD);
  }

  private void rows(ConvOperands at, int plane, int from, int to) {
    int block = plane % blocks;
    long inRow = (long) shape.inWidth() * Memory.VECTOR_BYTES;
    long outRow = (long) shape.outWidth() * Memory.VECTOR_BYTES;
    long outPlane = plane * shape.outHeight() * outRow;
    long kernelBytes = (long) shape.kernelHeight() * shape.kernelWidth() * Memory.VECTOR_BYTES;
    for (int y = from; y < to; y++) {
      int top = y * shape.strideHeight() - shape.padTop();
      int first = Math.clamp(Math.ceilDiv(-top, shape.dilationHeight()), 0, shape.kernelHeight());
      int end = Math.clamp(Math.ceilDiv(shape.inHeight() - top, shape.dilationHeight()), first, shape.kernelHeight());
      long out = outPlane + y * outRow;
      ConvOperands row =
          new ConvOperands(
              at.input()
                  + (plane * (long) shape.inHeight() + top) * inRow
                  - shape.padLeft() * (long) Memory.VECTOR_BYTES,
              at.weights() + block * kernelBytes,
              at.bias() + (long) block * Memory.VECTOR_BYTES,
              at.side0() + sideOffset(0, out, block),
              at.side1() + sideOffset(1, out, block),
              at.side2() + sideOffset(2, out, block),
              at.output() + out,
              0);
      row(row, y, first, end);
      if (pass.isPresent()) {
        pass.get().run(row.output(), row.side0(), row.side1(), row.side2(), shape.outWidth() * Memory.LANES);
      }
      if (clearPadding && block == blocks - 1) {
        clear(row.output());
      }
    }
  }

  /** One row of output: taps of kernel rows {@code first} to {@code end}. */
  private void row(ConvOperands row, int y, int first, int end) {
    for (int x = 0; x < insideFrom; x++) {
      pixels(pixelKernel, row, x, y, first, end, 1);
    }
    int tiles = (insideTo - insideFrom) / tilePixels;
    int done = insideFrom;
    if (tiles > 0) {
      pixels(tileKernel, row, insideFrom, y, first, end, tiles);
      done += tiles * tilePixels;
      if (done < insideTo) {
        pixels(tileKernel, row, insideTo - tilePixels, y, first, end, 1);
        done = insideTo;
      }
    }
    for (int x = done; x < shape.outWidth(); x++) {
      pixels(pixelKernel, row, x, y, first, end, 1);
    }
  }

  private void pixels(WindowKernel kernel, ConvOperands row, int x, int y, int first, int end, int tiles) {
    int columns = (int) (taps[x].byteSize() / WindowKernel.TAP_BYTES / shape.kernelHeight());
    long out = (long) x * Memory.VECTOR_BYTES;
    kernel.run(
        row.input() + out * shape.strideWidth(),
        taps[x].address() + (long) first * columns * WindowKernel.TAP_BYTES,
        (end - first) * columns,
        row.weights(),
        row.bias(),
        reduction == WindowSpec.Reduction.MEAN ? 1f / divisor(x, y, (end - first) * columns) : 1,
        row.output() + out,
        tiles);
  }

  private long sideOffset(int side, long outOffset, int block) {
    return switch (sides[side]) {
      case FULL -> outOffset;
      case CHANNEL -> (long) block * Memory.VECTOR_BYTES;
      case SCALAR -> 0;
    };
  }

  /** Taps that a mean counts: those inside, or inside the image with its padding. */
  private int divisor(int x, int y, int inside) {
    if (!countPadding) {
      return inside;
    }
    int top = y * shape.strideHeight() - shape.padTop();
    int left = x * shape.strideWidth() - shape.padLeft();
    int rows = Math.ceilDiv(shape.inHeight() + shape.padBottom() - top, shape.dilationHeight());
    int columns = Math.ceilDiv(shape.inWidth() + shape.padRight() - left, shape.dilationWidth());
    return Math.min(rows, shape.kernelHeight()) * Math.min(columns, shape.kernelWidth());
  }

  private void clear(long row) {
    for (int x = 0; x < shape.outWidth(); x++) {
      long pixel = row + (long) x * Memory.VECTOR_BYTES;
      int valid = shape.inChannels() % Memory.LANES;
      Memory.clear(pixel + (long) valid * Float.BYTES, (long) (Memory.LANES - valid) * Float.BYTES);
    }
  }

  private int firstColumn(int x) {
    int left = x * shape.strideWidth() - shape.padLeft();
    return Math.clamp(Math.ceilDiv(-left, shape.dilationWidth()), 0, shape.kernelWidth());
  }

  private int endColumn(int x) {
    int left = x * shape.strideWidth() - shape.padLeft();
    int end = Math.ceilDiv(shape.inWidth() - left, shape.dilationWidth());
    return Math.clamp(end, firstColumn(x), shape.kernelWidth());
  }

  private MemorySegment tapTable(Arena arena, int fromColumn, int toColumn) {
    long count = (long) shape.kernelHeight() * (toColumn - fromColumn);
    MemorySegment table = arena.allocate(count * WindowKernel.TAP_BYTES, Memory.ALIGNMENT);
    long at = 0;
    for (int kh = 0; kh < shape.kernelHeight(); kh++) {
      for (int kw = fromColumn; kw < toColumn; kw++) {
        long pixel = (long) kh * shape.dilationHeight() * shape.inWidth() + (long) kw * shape.dilationWidth();
        table.set(ValueLayout.JAVA_LONG, at, pixel * Memory.VECTOR_BYTES);
        long tap = (long) kh * shape.kernelWidth() + kw;
        table.set(ValueLayout.JAVA_LONG, at + Long.BYTES, tap * Memory.VECTOR_BYTES);
        at += WindowKernel.TAP_BYTES;
      }
    }
    return table;
  }

  /** The tile with the fewest predicted cycles over so many pixels; of few kinds, as each has to be compiled. */
  private static int tilePixels(int pixels) {
    if (pixels <= MAX_PIXELS) {
      return Math.max(1, pixels);
    }
    int best = MAX_PIXELS;
    for (int p : LONG_ROW_PIXELS) {
      best = cycles(pixels, p) < cycles(pixels, best) ? p : best;
    }
    return best;
  }

  /** For each tap a load and a multiply-add per pixel, two of each a cycle, with a latency of four, and the loop. */
  private static double cycles(int pixels, int tile) {
    return Math.ceilDiv(pixels, tile) * (Math.max(4, (tile + 1) / 2.0) + 1.5);
  }
}
