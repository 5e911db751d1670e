package dev.slipway.backend.cpu;

/**
 * Product of row-major matrices of bytes on AMX: a chunk of rows times a panel of columns as sums in a worker's scratch
 * memory, which become results while they are in the nearest cache. Thread-safe: it holds no state of a call.
 */
final class MatrixUnitProduct implements ByteMatrix {
  /** Blocks of columns of a panel. */
  static final int PANEL_BLOCKS = 2;

  private static final int CHUNK_ROWS = 4 * ByteMatrixTile.ROWS;
  private static final int MAX_PIXELS = 8;
  private static final double NANOS_PER_PRODUCT = 1.0 / 500;

  private final WorkerPool pool;
  private final MatrixShape shape;
  private final ByteTileSpec spec;
  private final Panel main;
  private final Panel last;
  private final int panels;
  private final long panelBytes;

  /** What computes the rows of a panel of so many blocks. */
  private record Panel(int blocks, ByteMatrixTile whole, ByteMatrixTile rest, ByteTileKernel results, ByteTileKernel few) {}

  MatrixUnitProduct(WorkerPool pool, ByteKernels kernels, MatrixShape shape, ByteGroup group) {
    this.pool = pool;
    this.shape = shape;
    int elementBytes = group.rounding().isPresent() ? 1 : Float.BYTES;
    int most = kernels.mostPixels(ByteTileSpec.Sums.GIVEN, MAX_PIXELS, group.epilogue());
    spec = new ByteTileSpec(
        ByteTileSpec.Sums.GIVEN,
        Integer.highestOneBit(most),
        1,
        0,
        0,
        0,
        shape.columns() * elementBytes,
        0,
        0,
        group.range(),
        group.perRow(),
        group.epilogue(),
        0,
        0);
    int blocks = shape.columns() / ChannelBytes.BLOCK;
    panels = Math.ceilDiv(blocks, PANEL_BLOCKS);
    panelBytes = weights(shape.columns()).panelBytes(shape.depth() / ByteWeights.STEP);
    main = panel(kernels, Math.min(blocks, PANEL_BLOCKS));
    last = blocks % PANEL_BLOCKS == 0 ? main : panel(kernels, blocks % PANEL_BLOCKS);
  }

  /** How weights are to lie. */
  static ByteWeights weights(int columns) {
    return new ByteWeights(columns, PANEL_BLOCKS, ChannelBytes.BLOCK, false);
  }

  private Panel panel(ByteKernels kernels, int blocks) {
    int restRows = shape.rows() % ByteMatrixTile.ROWS;
    int few = shape.rows() % spec.pixels();
    ByteTileSpec results = spec.withInputPixel(ByteMatrixTile.rowBytes(blocks));
    return new Panel(
        blocks,
        kernels.matrixTile(ByteMatrixTile.ROWS, blocks),
        kernels.matrixTile(restRows == 0 ? ByteMatrixTile.ROWS : restRows, blocks),
        kernels.tile(results),
        kernels.tile(few == 0 ? results : results.withTile(few, 1)));
  }

  @Override
  public MatrixShape shape() {
    return shape;
  }

  @Override
  public WorkerPool pool() {
    return pool;
  }

  @Override
  public long inputBytes() {
    return (long) shape.rows() * shape.depth();
  }

  @Override
  public long outputBytes() {
    return (long) shape.rows() * shape.columns() * spec.elementBytes();
  }

  private static long sumBytes() {
    return (long) CHUNK_ROWS * ByteMatrixTile.rowBytes(PANEL_BLOCKS);
  }

  @Override
  public long scratchBytes() {
    return sumBytes() * pool.threads();
  }

  @Override
  public void run(ByteProduct.Operands at, long scratch) {
    int chunks = Math.ceilDiv(shape.rows(), CHUNK_ROWS);
    double products = (double) Math.min(shape.rows(), CHUNK_ROWS) * shape.depth() * shape.columns() / panels;
    Chunks units = Chunks.of(chunks * panels, products * NANOS_PER_PRODUCT, pool);
    pool.run(units.units(), (unit, worker) -> {
      for (int item = units.from(unit); item < units.to(unit); item++) {
        chunk(at, item / chunks, item % chunks * CHUNK_ROWS, scratch + worker * sumBytes());
      }
    });
  }

  private void chunk(ByteProduct.Operands at, int index, int row, long sums) {
    Panel panel = index == panels - 1 ? last : main;
    int rows = Math.min(CHUNK_ROWS, shape.rows() - row);
    int whole = rows / ByteMatrixTile.ROWS;
    long left = at.input() + (long) row * shape.depth();
    long right = at.weights() + index * panelBytes;
    int steps = shape.depth() / ByteMatrixTile.DEPTH;
    if (whole > 0) {
      panel.whole.run(left, shape.depth(), right, steps, whole, sums);
    }
    int done = whole * ByteMatrixTile.ROWS;
    if (done < rows) {
      long to = sums + (long) done * ByteMatrixTile.rowBytes(panel.blocks);
      panel.rest.run(left + (long) done * shape.depth(), shape.depth(), right, steps, 1, to);
    }
    for (int block = 0; block < panel.blocks; block++) {
      results(at, panel, index * PANEL_BLOCKS + block, row, rows, sums + (long) block * ByteMatrixTile.rowBytes(1));
    }
  }

  private void results(ByteProduct.Operands at, Panel panel, int block, int row, int rows, long sums) {
    int tiles = rows / spec.pixels();
    int done = tiles * spec.pixels();
    if (tiles > 0) {
      results(panel.results, at, block, row, sums, tiles);
    }
    if (done < rows) {
      long from = sums + (long) done * ByteMatrixTile.rowBytes(panel.blocks);
      results(panel.few, at, block, row + done, from, 1);
    }
  }

  private void results(ByteTileKernel kernel, ByteProduct.Operands at, int block, int row, long sums, int tiles) {
    long offset = (long) row * spec.outputPixel() + (long) block * ChannelBytes.BLOCK * spec.elementBytes();
    ByteTileKernel.Operands operands = new ByteTileKernel.Operands(
        sums,
        0,
        0,
        at.parameters() + (long) block * ChannelParameters.BLOCK_BYTES,
        at.output() + offset,
        at.constants(),
        at.beside() + spec.beside(offset));
    kernel.run(operands, tiles, 1);
  }
}
