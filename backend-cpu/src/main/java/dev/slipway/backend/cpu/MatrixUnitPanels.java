package dev.slipway.backend.cpu;

/**
 * Products of a chunk of rows of bytes and panels of columns on AMX, as sums in a worker's scratch memory, which become
 * results while they are in the nearest cache. Thread-safe: it holds no state of a call.
 */
final class MatrixUnitPanels {
  /** Rows of a chunk, of which the last may have fewer. */
  static final int CHUNK_ROWS = 4 * ByteMatrixTile.ROWS;

  /** Blocks of columns of a panel. */
  private static final int PANEL_BLOCKS = 2;

  private static final int MAX_PIXELS = 8;
  private static final double NANOS_PER_PRODUCT = 1.0 / 500;

  private final int rows;
  private final int depthBytes;
  private final ByteTileSpec spec;
  private final Panel main;
  private final Panel last;
  private final int panels;
  private final long panelBytes;
  private final double nanos;

  /** What computes the rows of a panel of so many blocks. */
  private record Panel(int blocks, ByteMatrixTile whole, ByteMatrixTile rest, ByteTileKernel results, ByteTileKernel few) {}

  /**
   * @param rows in all
   * @param depth of {@link #depthBytes}
   * @param results how results lie, of one block and as many pixels as {@link #pixels} says
   */
  MatrixUnitPanels(ByteKernels kernels, int rows, int depth, int columns, ByteTileSpec results) {
    this.rows = rows;
    depthBytes = depth;
    spec = results;
    int blocks = Math.ceilDiv(columns, ChannelBytes.BLOCK);
    panels = Math.ceilDiv(blocks, PANEL_BLOCKS);
    panelBytes = weights(columns).panelBytes(depth / ByteWeights.STEP);
    nanos = (double) rows * depth * columns * NANOS_PER_PRODUCT;
    main = panel(kernels, Math.min(blocks, PANEL_BLOCKS));
    last = blocks % PANEL_BLOCKS == 0 ? main : panel(kernels, blocks % PANEL_BLOCKS);
  }

  /** Bytes of a row of so many that are multiplied, zeros behind it. */
  static int depthBytes(int depth) {
    return Math.ceilDiv(depth, ByteMatrixTile.DEPTH) * ByteMatrixTile.DEPTH;
  }

  /** How weights are to lie. */
  static ByteWeights weights(int columns) {
    return new ByteWeights(columns, PANEL_BLOCKS, ChannelBytes.BLOCK, false);
  }

  /** Pixels whose sums become results at once. */
  static int pixels(ByteKernels kernels, ByteEpilogue epilogue) {
    return Integer.highestOneBit(kernels.mostPixels(ByteTileSpec.Sums.GIVEN, MAX_PIXELS, epilogue));
  }

  private Panel panel(ByteKernels kernels, int blocks) {
    int restRows = rows % ByteMatrixTile.ROWS;
    int few = rows % spec.pixels();
    ByteTileSpec results = spec.withInputPixel(ByteMatrixTile.rowBytes(blocks));
    return new Panel(
        blocks,
        kernels.matrixTile(ByteMatrixTile.ROWS, blocks),
        kernels.matrixTile(restRows == 0 ? ByteMatrixTile.ROWS : restRows, blocks),
        kernels.tile(results),
        kernels.tile(few == 0 ? results : results.withTile(few, 1)));
  }

  int panels() {
    return panels;
  }

  int chunks() {
    return Math.ceilDiv(rows, CHUNK_ROWS);
  }

  /** Rows of a chunk. */
  int rows(int chunk) {
    return Math.min(CHUNK_ROWS, rows - chunk * CHUNK_ROWS);
  }

  /** How so many images of these rows are cut into chunks and panels. */
  ImageUnits units(int images, int threads) {
    int firstParts = ImageUnits.firstParts(rows, threads);
    return ImageUnits.of(images, firstParts, Chunks.wanted(nanos * images, threads), 1, chunks(), panels);
  }

  /** Bytes of a chunk of rows, of {@link #depthBytes} each. */
  long chunkBytes() {
    return (long) Math.min(rows, CHUNK_ROWS) * depthBytes;
  }

  /** Bytes of the sums of a panel. */
  static long sumBytes() {
    return (long) CHUNK_ROWS * ByteMatrixTile.rowBytes(PANEL_BLOCKS);
  }

  /**
   * Computes the results of a chunk in a panel.
   *
   * @param at addresses of all rows and columns, but of the chunk's input
   * @param sums {@link #sumBytes} of memory
   */
  void run(ByteProduct.Operands at, int chunk, int index, long sums) {
    Panel panel = index == panels - 1 ? last : main;
    int count = rows(chunk);
    int whole = count / ByteMatrixTile.ROWS;
    long right = at.weights() + index * panelBytes;
    int steps = depthBytes / ByteMatrixTile.DEPTH;
    if (whole > 0) {
      panel.whole.run(at.input(), depthBytes, right, steps, whole, sums);
    }
    int done = whole * ByteMatrixTile.ROWS;
    if (done < count) {
      long to = sums + (long) done * ByteMatrixTile.rowBytes(panel.blocks);
      panel.rest.run(at.input() + (long) done * depthBytes, depthBytes, right, steps, 1, to);
    }
    int row = chunk * CHUNK_ROWS;
    for (int block = 0; block < panel.blocks; block++) {
      results(at, panel, index * PANEL_BLOCKS + block, row, count, sums + (long) block * ByteMatrixTile.rowBytes(1));
    }
  }

  private void results(ByteProduct.Operands at, Panel panel, int block, int row, int count, long sums) {
    int tiles = count / spec.pixels();
    int done = tiles * spec.pixels();
    if (tiles > 0) {
      results(panel.results, at, block, row, sums, tiles);
    }
    if (done < count) {
      long from = sums + (long) done * ByteMatrixTile.rowBytes(panel.blocks);
      results(panel.few, at, block, row + done, from, 1);
    }
  }

  private void results(ByteTileKernel kernel, ByteProduct.Operands at, int block, int row, long sums, int tiles) {
    long first = (long) row * spec.outputPixel();
    long offset = first + (long) block * spec.outputBlock();
    ByteTileKernel.Operands operands = new ByteTileKernel.Operands(
        sums,
        0,
        0,
        at.parameters() + (long) block * ChannelParameters.BLOCK_BYTES,
        at.output() + offset,
        at.constants(),
        at.beside() + spec.beside(spec.hasPixelNumbers() ? first : offset));
    kernel.run(operands, tiles, 1);
  }
}
