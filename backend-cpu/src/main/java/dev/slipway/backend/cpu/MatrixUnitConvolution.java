package dev.slipway.backend.cpu;

import java.lang.foreign.MemorySegment;

/**
 * Convolution of {@link ChannelBytes} on AMX: what lies under the windows of a chunk of pixels is gathered as rows of a
 * matrix, [block of channels][tap][channel], which {@link MatrixUnitPanels} multiply. Thread-safe: it holds no state of a
 * call.
 */
final class MatrixUnitConvolution implements ByteImageProduct {
  private static final int BLOCK = ChannelBytes.BLOCK;
  private static final long EACH_BYTE = 0x0101010101010101L;

  private final ConvShape shape;
  private final ChannelBytes output;
  private final boolean clears;
  private final int depthBytes;
  private final ByteTileSpec results;
  private final MatrixUnitPanels panels;
  private final ImageUnits units;

  /** @param shape without groups */
  MatrixUnitConvolution(ByteKernels kernels, ConvShape shape, int threads, ByteGroup group) {
    this.shape = shape;
    int elementBytes = group.rounding().isPresent() ? 1 : Float.BYTES;
    int pixel = BLOCK * elementBytes;
    output =
        new ChannelBytes(shape.batch(), shape.outChannels(), shape.outHeight() * shape.outWidth(), elementBytes);
    clears = group.clears() && shape.outChannels() % BLOCK != 0;
    depthBytes = steps(shape) * ByteWeights.STEP;
    results = new ByteTileSpec(
        ByteTileSpec.Sums.GIVEN,
        MatrixUnitPanels.pixels(kernels, group.epilogue()),
        1,
        0,
        0,
        0,
        pixel,
        0,
        Math.multiplyExact(output.spatial(), pixel),
        group.range(),
        group.perRow(),
        group.epilogue(),
        0,
        0);
    panels = new MatrixUnitPanels(kernels, output.spatial(), depthBytes, shape.outChannels(), results);
    units = panels.units(shape.batch(), threads);
  }

  private static int taps(ConvShape shape) {
    return shape.kernelHeight() * shape.kernelWidth();
  }

  private static int blocks(ConvShape shape) {
    return Math.ceilDiv(shape.inChannels(), BLOCK);
  }

  /** Steps of the weights, those of zeros included. */
  static int steps(ConvShape shape) {
    return MatrixUnitPanels.depthBytes(blocks(shape) * taps(shape) * BLOCK) / ByteWeights.STEP;
  }

  /** Packs weights [outChannels, inChannels, kernelHeight, kernelWidth] in the order of the rows. */
  static void packWeights(ConvShape shape, ByteWeights format, MemorySegment weights, MemorySegment to) {
    int taps = taps(shape);
    format.pack(steps(shape), (channel, step, place) -> {
      int at = step * ByteWeights.STEP + place;
      int tap = at / BLOCK % taps;
      int c = at / BLOCK / taps * BLOCK + at % BLOCK;
      long kernel = (long) channel * shape.inChannels() + c;
      return c < shape.inChannels() ? weights.get(AddressSpace.BYTE, kernel * taps + tap) : 0;
    }, to);
  }

  @Override
  public long scratchBytes() {
    return MatrixUnitPanels.sumBytes() + panels.chunkBytes();
  }

  @Override
  public void run(WorkerPool pool, ByteConvolution.Operands at) {
    pool.run(units.count(), (unit, worker) -> {
      int n = units.image(unit);
      long sums = at.scratch() + worker * scratchBytes();
      long rows = sums + MatrixUnitPanels.sumBytes();
      ByteProduct.Operands image = new ByteProduct.Operands(
          rows,
          at.weights(),
          at.parameters(),
          at.constants(),
          at.beside() + n * besideBytes(),
          at.output() + n * (output.bytes() / output.batch()));
      int panelEnd = units.endChannel(unit, panels.panels());
      int chunkEnd = units.endPixel(unit, panels.chunks());
      for (int chunk = units.firstPixel(unit, panels.chunks()); chunk < chunkEnd; chunk++) {
        gather(at, n, chunk, rows);
        for (int panel = units.firstChannel(unit, panels.panels()); panel < panelEnd; panel++) {
          panels.run(image, chunk, panel, sums);
        }
        if (clears && panelEnd == panels.panels()) {
          int first = chunk * MatrixUnitPanels.CHUNK_ROWS;
          output.clearPadding(image.output(), first, first + panels.rows(chunk));
        }
      }
    });
  }

  /** Bytes that lie beside an image. */
  private long besideBytes() {
    return results.beside(
        results.hasPixelNumbers() ? (long) output.spatial() * results.outputPixel() : output.bytes() / output.batch());
  }

  /** Copies what lies under the windows of a chunk, zero points beyond the edges, zeros behind the depth. */
  private void gather(ByteConvolution.Operands at, int n, int chunk, long to) {
    long plane = (long) shape.inHeight() * shape.inWidth() * BLOCK;
    long image = at.input() + n * blocks(shape) * plane;
    int first = chunk * MatrixUnitPanels.CHUNK_ROWS;
    for (int i = 0; i < panels.rows(chunk); i++) {
      int y = (first + i) / shape.outWidth() * shape.strideHeight() - shape.padTop();
      int x = (first + i) % shape.outWidth() * shape.strideWidth() - shape.padLeft();
      long row = to + (long) i * depthBytes;
      for (int block = 0; block < blocks(shape); block++) {
        window(image + block * plane, y, x, at.zeroPoint(), row);
        row += (long) taps(shape) * BLOCK;
      }
      for (; row < to + (i + 1L) * depthBytes; row += Long.BYTES) {
        AddressSpace.setLong(row, 0);
      }
    }
  }

  /** Copies the taps of one pixel in a block's plane. */
  private void window(long plane, int top, int left, int zeroPoint, long to) {
    long at = to;
    for (int kh = 0; kh < shape.kernelHeight(); kh++) {
      int y = top + kh * shape.dilationHeight();
      for (int kw = 0; kw < shape.kernelWidth(); kw++) {
        int x = left + kw * shape.dilationWidth();
        boolean inside = y >= 0 && y < shape.inHeight() && x >= 0 && x < shape.inWidth();
        long from = plane + ((long) y * shape.inWidth() + x) * BLOCK;
        AddressSpace.setLong(at, inside ? AddressSpace.getLong(from) : zeroPoint * EACH_BYTE);
        AddressSpace.setLong(at + Long.BYTES, inside ? AddressSpace.getLong(from + Long.BYTES) : zeroPoint * EACH_BYTE);
        at += BLOCK;
      }
    }
  }
}
