package dev.slipway.backend.cpu;

/**
 * Product of a row-major matrix with a constant one on the matrix unit, both split into terms of bfloat16, row-major
 * result: see {@link SplitFormat}. A chunk of rows is split while it is near, then multiplied by one group of panels
 * after the other. Thread-safe: it holds no state of a call.
 */
final class SplitProduct {
  /** Bytes of split rows that stay in the second-level cache beside a panel. */
  private static final int CHUNK_BYTES = 1 << 20;

  /** Bytes of results that are computed before an epilogue passes over them. */
  private static final int GROUP_BYTES = 128 << 10;

  private static final int UNITS_PER_THREAD = 4;
  private static final int MIN_CHUNK_BLOCKS = 4;

  private final MatrixShape shape;
  private final SplitColumns right;
  private final int threads;
  private final int chunks;
  private final int chunkBlocks;
  private final int groups;
  private final int groupColumns;
  private final boolean direct;
  private final Splitter rows = Splitter.ofRows();
  private final Splitter steps = Splitter.ofSteps();
  private final SplitTile tile;
  private final EpiloguePass pass;
  private final Side[] sides;

  SplitProduct(MicroKernels kernels, MatrixShape shape, Epilogue epilogue, int threads) {
    this.shape = shape;
    this.threads = threads;
    right = new SplitColumns(shape.columns(), shape.depth());
    int blocks = SplitFormat.blocks(shape.rows());
    int fitting = CHUNK_BYTES / (Math.min(right.steps(), SplitColumns.RUN) * SplitFormat.STEP_BYTES);
    chunks = Math.ceilDiv(blocks, Math.max(fitting, MIN_CHUNK_BLOCKS));
    chunkBlocks = Math.ceilDiv(blocks, chunks);
    int panelBytes = chunkBlocks * SplitFormat.BLOCK * SplitFormat.BLOCK * Float.BYTES;
    int wanted = threads == 1 ? 1 : UNITS_PER_THREAD * threads;
    int most = Math.max(1, GROUP_BYTES / panelBytes);
    groups = Math.clamp(Math.max(wanted, Math.ceilDiv(right.panels(), most)), 1, right.panels());
    groupColumns = Math.ceilDiv(right.panels(), groups) * SplitFormat.BLOCK;
    direct = epilogue.equals(Epilogue.NONE)
        && shape.rows() % SplitFormat.BLOCK == 0
        && shape.columns() % SplitFormat.BLOCK == 0;
    int prefetches = Math.ceilDiv(SplitFormat.WHOLE_STEP_BYTES, chunkBlocks * SplitFormat.ROW_BYTES);
    tile = new SplitTile(Math.toIntExact(blockBytes()), prefetches);
    pass = new EpiloguePass(kernels, epilogue, PointwiseSpec.Motion.ADVANCE);
    sides = epilogue.sides().toArray(Side[]::new);
  }

  SplitColumns right() {
    return right;
  }

  /** Bytes of the split rows of a chunk. */
  private long leftBytes() {
    return chunkBlocks * blockBytes();
  }

  private long blockBytes() {
    return (long) right.steps() * SplitFormat.STEP_BYTES;
  }

  /** Bytes of the marks of a chunk: one for each tile of rows. */
  private long markBytes() {
    return AddressSpace.roundUp(2L * chunkBlocks * Integer.BYTES, AddressSpace.ALIGNMENT);
  }

  private long resultBytes() {
    return direct ? 0 : (long) chunkBlocks * SplitFormat.BLOCK * groupColumns * Float.BYTES;
  }

  /** Bytes of the split steps of a panel. */
  private long panelBytes() {
    return (long) Math.min(right.steps(), SplitColumns.RUN) * SplitFormat.STEP_BYTES;
  }

  /** What each thread has for itself: a split panel, a mark that nobody reads, results. */
  private long workerBytes() {
    return panelBytes() + AddressSpace.ALIGNMENT + resultBytes();
  }

  long workspaceBytes() {
    return leftBytes() + markBytes() + threads * workerBytes();
  }

  /**
   * @param operands the epilogue's sides and the bias among them; weights are {@link #right} packed, the bias has whole
   *     panels
   */
  void run(WorkerPool pool, TiledProduct.Operands operands, long workspace) {
    for (int chunk = 0; chunk < chunks; chunk++) {
      int first = chunk * chunkBlocks * SplitFormat.BLOCK;
      int count = Math.min(chunkBlocks * SplitFormat.BLOCK, shape.rows() - first);
      pool.run(Math.ceilDiv(count, SplitFormat.TILE), (unit, _) -> split(operands, first, count, unit, workspace));
      pool.run(groups, (unit, worker) -> multiply(operands, first, count, unit, workspace, worker));
    }
  }

  private void split(TiledProduct.Operands at, int first, int count, int unit, long workspace) {
    int row = unit * SplitFormat.TILE;
    long stride = (long) shape.depth() * Float.BYTES;
    rows.run(
        at.input() + (first + row) * stride,
        stride,
        Math.min(SplitFormat.TILE, count - row),
        shape.depth(),
        workspace + unit / 2 * blockBytes() + (long) unit % 2 * SplitFormat.TILE_BYTES,
        workspace + leftBytes() + (long) unit * Integer.BYTES);
  }

  private void multiply(TiledProduct.Operands at, int first, int count, int unit, long workspace, int worker) {
    int from = (int) ((long) right.panels() * unit / groups);
    int to = (int) ((long) right.panels() * (unit + 1) / groups);
    int column = from * SplitFormat.BLOCK;
    long outputStride = (long) shape.columns() * Float.BYTES;
    long output = at.output() + first * outputStride + (long) column * Float.BYTES;
    long stride = direct ? outputStride : (long) groupColumns * Float.BYTES;
    long panel = workspace + leftBytes() + markBytes() + worker * workerBytes();
    long results = direct ? output : panel + panelBytes() + AddressSpace.ALIGNMENT;
    for (int step = 0; step < right.steps(); step += SplitColumns.RUN) {
      long left = workspace + (long) step * SplitFormat.STEP_BYTES;
      for (int i = from; i < to; i++) {
        long source = at.weights() + right.offset(i, step);
        int run = right.run(step);
        int length = SplitFormat.STEP * SplitFormat.BLOCK;
        steps.run(source, SplitFormat.WHOLE_STEP_BYTES, run, length, panel, panel + panelBytes());
        tile.run(
            left,
            panel,
            results + (long) (i - from) * SplitFormat.BLOCK * Float.BYTES,
            stride,
            run,
            SplitFormat.blocks(count),
            source + (long) run * SplitFormat.WHOLE_STEP_BYTES,
            step == 0 ? at.bias() + (long) i * SplitFormat.BLOCK * Float.BYTES : 0);
      }
    }
    int columns = Math.min(to * SplitFormat.BLOCK, shape.columns()) - column;
    correct(at, first, count, column, columns, results, stride, workspace);
    for (int row = 0; !direct && row < count; row++) {
      long offset = (first + row) * outputStride + (long) column * Float.BYTES;
      pass.run(
          results + row * stride,
          at.side0() + sideOffset(0, column, offset),
          at.side1() + sideOffset(1, column, offset),
          at.side2() + sideOffset(2, column, offset),
          at.output() + offset,
          columns);
    }
  }

  private long sideOffset(int side, int column, long offset) {
    if (side >= sides.length) {
      return 0;
    }
    return switch (sides[side]) {
      case FULL -> offset;
      case CHANNEL -> (long) column * Float.BYTES;
      case SCALAR -> 0;
    };
  }

  /** Computes anew the rows that terms cannot represent. */
  private void correct(
      TiledProduct.Operands at, int first, int count, int column, int columns, long results, long stride,
      long workspace) {
    boolean all = right.isExtraordinary(at.weights());
    for (int row = 0; row < count; row++) {
      long mark = workspace + leftBytes() + (long) row / SplitFormat.TILE * Integer.BYTES;
      if (!all && AddressSpace.getInt(mark) == 0) {
        continue;
      }
      long left = at.input() + (long) (first + row) * shape.depth() * Float.BYTES;
      for (int i = 0; i < columns; i++) {
        float sum = AddressSpace.get(at.bias() + (long) (column + i) * Float.BYTES);
        for (int k = 0; k < shape.depth(); k++) {
          sum += AddressSpace.get(left + (long) k * Float.BYTES) * right.element(at.weights(), k, column + i);
        }
        AddressSpace.set(results + row * stride + (long) i * Float.BYTES, sum);
      }
    }
  }
}
