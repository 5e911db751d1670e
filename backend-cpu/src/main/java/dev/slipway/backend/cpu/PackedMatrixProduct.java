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

  /** Bytes of weights that are. */
  private static final long UNIT_BYTES = 256 << 10;

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
   * @param depthStride bytes from one row of it to the next; this or the other are those of one float
   * @param columnStride bytes from one column of it to the next
   */
  static void pack(
      MatrixMoves moves,
      MatrixShape s,
      TileShape tile,
      long right,
      long depthStride,
      long columnStride,
      long packed) {
    long to = packed;
    for (int panel = 0; panel < s.columnBlocks(); panel += tile.blocks()) {
      int blocks = Math.min(tile.blocks(), s.columnBlocks() - panel);
      int first = panel * Memory.LANES;
      int valid = Math.min(blocks * Memory.LANES, s.columns() - first);
      long rowBytes = (long) blocks * Memory.VECTOR_BYTES;
      long source = right + first * columnStride;
      if (columnStride == Float.BYTES) {
        moves.copy(source, depthStride, to, rowBytes, s.depth(), valid);
      } else if (depthStride == Float.BYTES) {
        moves.transpose(source, columnStride, to, rowBytes, valid, s.depth());
      } else {
        throw new IllegalArgumentException("strides: " + depthStride + ", " + columnStride + " (expected: one of 4)");
      }
      to += s.depth() * rowBytes;
    }
  }

  /** Units of work that the product splits into for a pool. */
  int units(int threads) {
    return chunks(threads) * groups(threads);
  }

  private int wantedUnits(int threads) {
    long fmas = (long) shape.rows() * shape.columns() * shape.depth();
    long worth = Math.max(fmas / UNIT_FMAS, packedBytes(shape) / UNIT_BYTES);
    return threads == 1 ? 1 : Math.clamp(worth, 1, threads * UNITS_PER_THREAD);
  }

  private int chunks(int threads) {
    int bytes = TiledProduct.chunkBytes(packedBytes(shape));
    int rowsInCache = Math.max(tile.pixels(), bytes / (shape.depth() * Float.BYTES + 1));
    int wanted = splitsColumns() ? wantedUnits(threads) / groups(threads) : wantedUnits(threads);
    return Math.clamp(Math.max(Math.ceilDiv(shape.rows(), rowsInCache), wanted), 1, product.tiles());
  }

  private int groups(int threads) {
    if (splitsColumns()) {
      return Math.ceilDiv(product.panels(), Math.max(1, product.panels() / wantedUnits(threads)));
    }
    return Math.clamp(wantedUnits(threads) / chunks(threads), 1, product.panels());
  }

  /** Whether units share out the larger matrix by its columns: all of them read the smaller one. */
  private boolean splitsColumns() {
    long weightBytes = packedBytes(shape);
    return TiledProduct.streams(weightBytes) || weightBytes >= (long) shape.rows() * shape.depth() * Float.BYTES;
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
