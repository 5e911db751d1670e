package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * A {@link WindowKernel} over generated classes. Pixels whose window lies inside the image's width are computed in
 * tiles; those at its left and right edge one by one, with a table of the taps inside. Rows at the top and bottom use a
 * part of the table.
 */
final class VectorWindow implements WindowKernel {
  private static final int MAX_PIXELS = 14;

  /** Tiles of rows longer than the longest tile. */
  private static final int[] LONG_ROW_PIXELS = {14, 9, 12};

  private final WindowSpec spec;
  private final ConvShape shape;
  private final int blocks;
  private final int insideFrom;
  private final int insideTo;
  private final int tilePixels;
  private final WindowTileKernel tileKernel;
  private final WindowTileKernel pixelKernel;
  private final Optional<EpiloguePass> pass;
  private final MemorySegment[] taps;

  VectorWindow(WindowSpec spec, MicroKernels kernels) {
    this.spec = spec;
    shape = spec.shape();
    blocks = spec.blocks();
    int extent = shape.dilationWidth() * (shape.kernelWidth() - 1) + 1;
    int width = shape.outWidth();
    insideFrom = Math.min(width, Math.ceilDiv(shape.padLeft(), shape.strideWidth()));
    int reach = shape.inWidth() + shape.padLeft() - extent;
    insideTo = Math.clamp(reach < 0 ? 0 : reach / shape.strideWidth() + 1, insideFrom, width);
    tilePixels = tilePixels(insideTo - insideFrom);
    Epilogue epilogue = spec.epilogue();
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
    tileKernel = WindowTileGenerator.kernel(new WindowTileSpec(spec.reduction(), tile));
    pixelKernel = WindowTileGenerator.kernel(new WindowTileSpec(spec.reduction(), tile.withPixels(1)));
    taps = new MemorySegment[width];
    Arena arena = Arena.ofAuto();
    MemorySegment inside = tapTable(arena, new WindowSpec.Taps(0, shape.kernelWidth()));
    for (int x = 0; x < width; x++) {
      boolean edge = x < insideFrom || x >= insideTo;
      taps[x] = edge ? tapTable(arena, spec.columnTaps(x)) : inside;
    }
  }

  @Override
  public void run(ConvOperands at, int planeFrom, int planeTo, int rowFrom, int rowTo) {
    for (int plane = planeFrom; plane < planeTo; plane++) {
      rows(at, plane, rowFrom, rowTo);
    }
  }

  private void rows(ConvOperands at, int plane, int from, int to) {
    int block = plane % blocks;
    long inRow = spec.inRowBytes();
    long outRow = spec.outRowBytes();
    long outPlane = plane * shape.outHeight() * outRow;
    long kernelBytes = (long) shape.kernelHeight() * shape.kernelWidth() * Memory.VECTOR_BYTES;
    for (int y = from; y < to; y++) {
      int top = y * shape.strideHeight() - shape.padTop();
      long out = outPlane + y * outRow;
      ConvOperands row =
          new ConvOperands(
              at.input()
                  + (plane * (long) shape.inHeight() + top) * inRow
                  - shape.padLeft() * (long) Memory.VECTOR_BYTES,
              at.weights() + block * kernelBytes,
              at.bias() + (long) block * Memory.VECTOR_BYTES,
              at.side0() + spec.sideOffset(0, out, block),
              at.side1() + spec.sideOffset(1, out, block),
              at.side2() + spec.sideOffset(2, out, block),
              at.output() + out,
              0);
      row(row, y, spec.rowTaps(y));
      if (pass.isPresent()) {
        pass.get().run(row.output(), row.side0(), row.side1(), row.side2(), shape.outWidth() * Memory.LANES);
      }
    }
  }

  /** One row of output, and the kernel rows inside. */
  private void row(ConvOperands row, int y, WindowSpec.Taps rows) {
    for (int x = 0; x < insideFrom; x++) {
      pixels(pixelKernel, row, x, y, rows, 1);
    }
    int tiles = (insideTo - insideFrom) / tilePixels;
    int done = insideFrom;
    if (tiles > 0) {
      pixels(tileKernel, row, insideFrom, y, rows, tiles);
      done += tiles * tilePixels;
      if (done < insideTo) {
        pixels(tileKernel, row, insideTo - tilePixels, y, rows, 1);
        done = insideTo;
      }
    }
    for (int x = done; x < shape.outWidth(); x++) {
      pixels(pixelKernel, row, x, y, rows, 1);
    }
  }

  private void pixels(
      WindowTileKernel kernel, ConvOperands row, int x, int y, WindowSpec.Taps rows, int tiles) {
    int columns = (int) (taps[x].byteSize() / WindowTileKernel.TAP_BYTES / shape.kernelHeight());
    long out = (long) x * Memory.VECTOR_BYTES;
    kernel.run(
        row.input() + out * shape.strideWidth(),
        taps[x].address() + (long) rows.first() * columns * WindowTileKernel.TAP_BYTES,
        rows.count() * columns,
        row.weights(),
        row.bias(),
        spec.reduction() == WindowSpec.Reduction.MEAN ? 1f / spec.divisor(x, y) : 1,
        row.output() + out,
        tiles);
  }

  private MemorySegment tapTable(Arena arena, WindowSpec.Taps columns) {
    long count = (long) shape.kernelHeight() * columns.count();
    MemorySegment table = arena.allocate(count * WindowTileKernel.TAP_BYTES, Memory.ALIGNMENT);
    long at = 0;
    for (int kh = 0; kh < shape.kernelHeight(); kh++) {
      for (int kw = columns.first(); kw < columns.end(); kw++) {
        long pixel = (long) kh * shape.dilationHeight() * shape.inWidth() + (long) kw * shape.dilationWidth();
        table.set(ValueLayout.JAVA_LONG, at, pixel * Memory.VECTOR_BYTES);
        long tap = (long) kh * shape.kernelWidth() + kw;
        table.set(ValueLayout.JAVA_LONG, at + Long.BYTES, tap * Memory.VECTOR_BYTES);
        at += WindowTileKernel.TAP_BYTES;
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
