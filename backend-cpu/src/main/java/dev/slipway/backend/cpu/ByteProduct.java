package dev.slipway.backend.cpu;

/**
 * Covers rows of pixels and panels of output channels with {@link ByteTileKernel}s: the loop nest that convolution and
 * matrix product of bytes share. Thread-safe: it holds no state of a call.
 */
final class ByteProduct {
  /** Bytes of weights from which on each panel's are fetched while the panel before it is computed. */
  private static final int FETCHED_WEIGHTS = 64 << 10;

  /**
   * The addresses of one call, at the first pixel of a row and the first channel.
   *
   * @param beside the numbers of the output's pixels, or the side
   */
  record Operands(
      long input, long weights, long parameters, long constants, long beside, long output) {
    Operands withInput(long other) {
      return new Operands(other, weights, parameters, constants, beside, output);
    }
  }

  private final ByteTileSpec spec;
  private final int pixels;
  private final int panels;
  private final long panelBytes;
  private final SegmentTable segments;
  private final ByteTileKernel main;
  private final ByteTileKernel rest;
  private final ByteTileKernel lastMain;
  private final ByteTileKernel lastRest;

  /**
   * @param tile of at most so many pixels
   * @param rows of pixels in all
   * @param pixels of a row
   * @param segments alive as long as this
   */
  ByteProduct(
      ByteKernels kernels, ByteTileSpec tile, int rows, int pixels, ByteWeights weights, SegmentTable segments) {
    boolean fetches = weights.bytes(segments.steps()) > FETCHED_WEIGHTS;
    spec = tile.withFetchedAhead(fetches ? Math.max(1, pixels / tile.pixels() * rows) : 0)
        .withSegmentSteps(segments.fewSteps());
    this.pixels = pixels;
    this.segments = segments;
    panels = weights.panels();
    panelBytes = weights.panelBytes(segments.steps());
    int blocks = Math.ceilDiv(weights.channels(), ChannelBytes.BLOCK);
    int lastBlocks = blocks - (panels - 1) * spec.blocks();
    int restPixels = pixels % spec.pixels() == 0 ? spec.pixels() : pixels % spec.pixels();
    main = kernels.tile(spec);
    rest = kernels.tile(spec.withTile(restPixels, spec.blocks()));
    lastMain = kernels.tile(spec.withTile(spec.pixels(), lastBlocks));
    lastRest = kernels.tile(spec.withTile(restPixels, lastBlocks));
  }

  int panels() {
    return panels;
  }

  /** Whole tiles in a row, at least one; the last one's work includes the pixels behind it. */
  int tiles() {
    return Math.max(1, pixels / spec.pixels());
  }

  /** The first pixel of a tile; the pixels of a row for one past the last tile. */
  int pixel(int tile) {
    return tile == tiles() ? pixels : tile * spec.pixels();
  }

  /**
   * Computes tiles {@code from} to {@code to} of some rows for one panel.
   *
   * @param outputOffset bytes from the operands' output to the first row
   */
  void rows(Operands at, long outputOffset, int panel, int rows, int from, int to) {
    int first = pixel(from);
    int end = pixel(to);
    boolean isLast = panel == panels - 1;
    int tiles = (end - first) / spec.pixels();
    if (tiles > 0) {
      run(isLast ? lastMain : main, at, outputOffset, panel, first, tiles, rows);
    }
    if (first + tiles * spec.pixels() < end) {
      run(isLast ? lastRest : rest, at, outputOffset, panel, first + tiles * spec.pixels(), 1, rows);
    }
  }

  private void run(
      ByteTileKernel kernel, Operands at, long outputOffset, int panel, int pixel, int tiles, int rows) {
    long firstBlock = (long) panel * spec.blocks();
    long first = outputOffset + (long) pixel * spec.outputPixel();
    long out = first + firstBlock * spec.outputBlock();
    ByteTileKernel.Operands operands = new ByteTileKernel.Operands(
        at.input() + (long) pixel * spec.inputPixel(),
        segments.address(),
        at.weights() + panel * panelBytes,
        at.parameters() + firstBlock * ChannelParameters.BLOCK_BYTES,
        at.output() + out,
        at.constants(),
        at.beside() + spec.beside(spec.hasPixelNumbers() ? first : out));
    kernel.run(operands, tiles, rows);
  }
}
