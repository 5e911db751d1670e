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
    long image = at.input() + n * blocks(shape) * plane();
    long filling = at.zeroPoint() * EACH_BYTE;
    int first = chunk * MatrixUnitPanels.CHUNK_ROWS;
    int end = first + panels.rows(chunk);
    for (int pixel = first; pixel < end; ) {
      int count = Math.min(end - pixel, shape.outWidth() - pixel % shape.outWidth());
      gatherRow(image, pixel, count, filling, to + (long) (pixel - first) * depthBytes);
      pixel += count;
    }
  }

  private long plane() {
    return (long) shape.inHeight() * shape.inWidth() * BLOCK;
  }

  /** Copies what lies under the windows of neighbouring pixels. */
  private void gatherRow(long image, int pixel, int count, long filling, long to) {
    int top = pixel / shape.outWidth() * shape.strideHeight() - shape.padTop();
    int left = pixel % shape.outWidth() * shape.strideWidth() - shape.padLeft();
    long at = to;
    for (int block = 0; block < blocks(shape); block++) {
      for (int kh = 0; kh < shape.kernelHeight(); kh++) {
        int y = top + kh * shape.dilationHeight();
        long line = image + block * plane() + (long) y * shape.inWidth() * BLOCK;
        boolean inside = y >= 0 && y < shape.inHeight();
        for (int kw = 0; kw < shape.kernelWidth(); kw++) {
          int x = left + kw * shape.dilationWidth();
          if (inside) {
            copy(line, x, count, filling, at);
          } else {
            fill(count, filling, at);
          }
          at += BLOCK;
        }
      }
    }
    for (; at < to + depthBytes; at += BLOCK) {
      fill(count, 0, at);
    }
  }

  /** Copies a tap of neighbouring pixels from a line of the input. */
  private void copy(long line, int first, int count, long filling, long to) {
    int x = first;
    for (int i = 0; i < count; i++) {
      boolean inside = x >= 0 && x < shape.inWidth();
      long from = line + (long) x * BLOCK;
      long at = to + (long) i * depthBytes;
      AddressSpace.setLong(at, inside ? AddressSpace.getLong(from) : filling);
      AddressSpace.setLong(at + Long.BYTES, inside ? AddressSpace.getLong(from + Long.BYTES) : filling);
      x += shape.strideWidth();
    }
  }

  private void fill(int count, long filling, long to) {
    for (int i = 0; i < count; i++) {
      AddressSpace.setLong(to + (long) i * depthBytes, filling);
      AddressSpace.setLong(to + (long) i * depthBytes + Long.BYTES, filling);
    }
  }
}
