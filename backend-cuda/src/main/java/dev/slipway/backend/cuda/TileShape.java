package dev.slipway.backend.cuda;

import dev.slipway.backend.TuningChoice;
import java.util.List;
import java.util.Map;

/**
 * What a block of a product on tensor cores computes, and how.
 *
 * @param rows of the tile
 * @param columns of the tile
 * @param depth of a step
 * @param rowWarps warps along the rows
 * @param columnWarps warps along the columns
 * @param depthWarps warps that share the depth of the same elements
 * @param stages steps that are on their way from memory, and the one that is computed
 */
record TileShape(int rows, int columns, int depth, int rowWarps, int columnWarps, int depthWarps, int stages) {
  /** The best first, where a product has enough of them. */
  static final List<TileShape> ALL = List.of(
      new TileShape(128, 128, 32, 2, 4, 1, 3),
      new TileShape(128, 64, 32, 4, 2, 1, 3),
      new TileShape(64, 64, 32, 2, 2, 1, 3),
      new TileShape(64, 128, 32, 2, 2, 1, 3),
      new TileShape(128, 64, 64, 4, 2, 1, 3),
      new TileShape(128, 96, 32, 4, 2, 1, 3),
      new TileShape(64, 64, 64, 2, 2, 1, 4),
      new TileShape(128, 32, 32, 4, 1, 1, 4),
      new TileShape(128, 16, 32, 4, 1, 1, 4),
      new TileShape(64, 32, 64, 2, 1, 2, 4),
      new TileShape(32, 64, 64, 1, 2, 4, 4),
      new TileShape(32, 32, 64, 1, 1, 4, 4));

  private static final int PADDING = 8;
  private static final int SMALL_SUMS = 32;
  private static final int THREADS_WITH_MANY_REGISTERS = 512;
  private static final int THREADS_WITH_FEW_REGISTERS = 768;

  int threads() {
    return rowWarps * columnWarps * depthWarps * 32;
  }

  long blocks(long allRows, long allColumns) {
    return Math.ceilDiv(allRows, rows) * Math.ceilDiv(allColumns, columns);
  }

  /** Blocks that share a multiprocessor, which bounds the registers of a thread: to 128, or to 80 for small sums. */
  int blocksOfProcessor() {
    int sums = rows / rowWarps * (columns / columnWarps) / 32;
    return (sums > SMALL_SUMS ? THREADS_WITH_MANY_REGISTERS : THREADS_WITH_FEW_REGISTERS) / threads();
  }

  /** Elements from one row of results, or of a side, to the next in a block's memory. */
  int pitch() {
    return columns + PADDING;
  }

  /** @param hasSide whether a side is kept beside the steps */
  int sharedBytes(boolean hasSide) {
    int steps = stages * (rows + columns) * depth * Short.BYTES;
    int results = rows * pitch() * Short.BYTES;
    int partial = (depthWarps - 1) * rows * columns * Float.BYTES;
    return hasSide ? Math.max(steps, partial) + results : Math.max(steps, Math.max(partial, results));
  }

  TuningChoice choice() {
    return TuningChoice.of(Map.of(
        "rows", rows, "columns", columns, "depth", depth, "row_warps", rowWarps, "column_warps", columnWarps,
        "depth_warps", depthWarps, "stages", stages));
  }

  static TileShape of(TuningChoice choice) {
    return new TileShape(
        choice.get("rows"), choice.get("columns"), choice.get("depth"), choice.get("row_warps"),
        choice.get("column_warps"), choice.get("depth_warps"), choice.get("stages"));
  }
}
