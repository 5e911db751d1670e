package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;

/**
 * Product of a row-major matrix with one packed into panels, row-major result. Thread-safe: it holds no state of a
 * call.
 */
final class PackedMatrixProduct {
  private static final int UNITS_PER_THREAD = 4;

  /** Multiply-adds that are worth a unit of work. */
  private static final long UNIT_FMAS = 200_000;

  /** Bytes of the left matrix that a chunk of rows takes, so that it stays in the second-level cache. */
  private static final int CHUNK_BYTES = 256 << 10;

  private final MatrixShape shape;
  private final TileShape tile;
  private final TiledProduct product;

  /**
   * @param tile of at most as many pixels as there are rows
   * @param leftStride bytes between two rows of the left matrix
   * @param outputStride bytes between two rows of the output
   * @param arena lifetime of this product's tables
   */
  PackedMatrixProduct(
      MicroKernels kernels,
      MatrixShape shape,
      TileShape tile,
      int leftStride,
      int outputStride,
      Epilogue epilogue,
      Arena arena) {
    this.shape = shape;
    this.tile = tile;
    int lastLanes = shape.columns() - (shape.columnBlocks() - 1) * Memory.LANES;
    TileSpec spec =
        new TileSpec(
            Memory.SPECIES.vectorBitSize(),
            tile,
            new TileSpec.Strides(leftStride, 0, 0),
            new TileSpec.Strides(outputStride, 0, Memory.VECTOR_BYTES),
            lastLanes,
            epilogue);
    product =
        new TiledProduct(
            kernels,
            spec,
            1,
            shape.rows(),
            shape.columnBlocks(),
            TiledProduct.Arrangement.ROWS,
            SegmentTable.of(shape.depth(), arena));
  }

  /** Bytes of a packed right matrix: [panel][depth][blocks * lanes]. */
  static long packedBytes(MatrixShape shape) {
    return (long) shape.columnBlocks() * shape.depth() * Memory.VECTOR_BYTES;
  }

  /**
   * Packs a right matrix; {@code packed} is zero where columns are missing.
   *
   * @param right address of element (0, 0)
   * @param depthStride bytes from one row of it to the next
   * @param columnStride bytes from one column of it to the next
   */
  static void pack(MatrixShape s, TileShape tile, long right, long depthStride, long columnStride, long packed) {
    long to = packed;
    for (int panel = 0; panel < s.columnBlocks(); panel += tile.blocks()) {
      int blocks = Math.min(tile.blocks(), s.columnBlocks() - panel);
      int first = panel * Memory.LANES;
      int valid = Math.min(blocks * Memory.LANES, s.columns() - first);
      long rowBytes = (long) blocks * Memory.VECTOR_BYTES;
      if (columnStride == Float.BYTES) {
        packRows(s.depth(), right + first * columnStride, depthStride, to, rowBytes, valid);
      } else {
        packColumns(s.depth(), right + first * columnStride, depthStride, columnStride, to, rowBytes, valid);
      }
      to += s.depth() * rowBytes;
    }
  }

  private static void packRows(int depth, long from, long depthStride, long to, long rowBytes, int valid) {
    int whole = valid / Memory.LANES;
    for (int k = 0; k < depth; k++) {
      long source = from + k * depthStride;
      long target = to + k * rowBytes;
      for (int block = 0; block < whole; block++) {
        long offset = (long) block * Memory.VECTOR_BYTES;
        Memory.store(Memory.load(source + offset), target + offset);
      }
      for (int column = whole * Memory.LANES; column < valid; column++) {
        Memory.set(target + (long) column * Float.BYTES, Memory.get(source + (long) column * Float.BYTES));
      }
    }
  }

  private static void packColumns(
      int depth, long from, long depthStride, long columnStride, long to, long rowBytes, int valid) {
    for (int column = 0; column < valid; column++) {
      long source = from + column * columnStride;
      long target = to + (long) column * Float.BYTES;
      for (int k = 0; k < depth; k++) {
        Memory.set(target + k * rowBytes, Memory.get(source + k * depthStride));
      }
    }
  }

  /** Units of work that the product splits into for a pool. */
  int units(int threads) {
    return chunks(threads) * groups(threads);
  }

  private int wantedUnits(int threads) {
    long fmas = (long) shape.rows() * shape.columns() * shape.depth();
    return threads == 1 ? 1 : Math.clamp(fmas / UNIT_FMAS, 1, threads * UNITS_PER_THREAD);
  }

  private int chunks(int threads) {
    int rowsInCache = Math.max(tile.pixels(), CHUNK_BYTES / (shape.depth() * Float.BYTES + 1));
    int chunks = Math.ceilDiv(shape.rows(), rowsInCache);
    // Rows are split first: every unit then reads each panel once.
    return Math.clamp(Math.max(chunks, wantedUnits(threads)), 1, product.tiles());
  }

  private int groups(int threads) {
    return Math.clamp(wantedUnits(threads) / chunks(threads), 1, product.panels());
  }

  /** Computes one unit of {@link #units}. */
  void run(TiledProduct.Operands at, int unit, int threads) {
    int groups = groups(threads);
    int chunks = chunks(threads);
    int group = unit % groups;
    int chunk = unit / groups;
    int panelTo = (int) ((long) product.panels() * (group + 1) / groups);
    int tileFrom = (int) ((long) product.tiles() * chunk / chunks);
    int tileTo = (int) ((long) product.tiles() * (chunk + 1) / chunks);
    for (int panel = (int) ((long) product.panels() * group / groups); panel < panelTo; panel++) {
      product.rows(at, 0, 0, panel, 1, tileFrom, tileTo);
    }
  }

  /** Runs on the pool. */
  void run(WorkerPool pool, TiledProduct.Operands at) {
    int threads = pool.threads();
    pool.run(units(threads), (unit, worker) -> run(at, unit, threads));
  }
}
