package dev.slipway.backend.cuda;

import dev.slipway.backend.TuningChoice;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a block of a product of bytes computes, and how.
 *
 * @param unit whose instructions multiply
 * @param rows of the tile
 * @param columns of the tile
 * @param depth of a step, 64 or 128
 * @param rowUnits along the rows
 * @param columnUnits along the columns
 * @param depthUnits that share the depth of the same elements
 * @param stages steps that are on their way from memory, and the one that is computed
 */
record ByteTile(
    Unit unit, int rows, int columns, int depth, int rowUnits, int columnUnits, int depthUnits, int stages) {

  /** Who executes an instruction of tensor cores together. */
  enum Unit {
    /** 16 rows by 8 columns; any GPU since Ampere. */
    WARP(1),
    /** 64 rows by up to 256 columns, out of a block's memory; Hopper. */
    WARPGROUP(4);

    private final int warps;

    Unit(int warps) {
      this.warps = warps;
    }
  }

  /** The best first, where a product has enough of them. */
  private static final List<ByteTile> WARPGROUPS = List.of(
      new ByteTile(Unit.WARPGROUP, 128, 128, 128, 2, 1, 1, 3),
      new ByteTile(Unit.WARPGROUP, 128, 64, 64, 2, 1, 1, 4),
      new ByteTile(Unit.WARPGROUP, 256, 64, 64, 2, 1, 1, 4),
      new ByteTile(Unit.WARPGROUP, 128, 256, 128, 2, 1, 1, 3),
      new ByteTile(Unit.WARPGROUP, 128, 128, 64, 2, 1, 1, 4),
      new ByteTile(Unit.WARPGROUP, 128, 64, 128, 2, 1, 1, 4),
      new ByteTile(Unit.WARPGROUP, 128, 256, 64, 2, 1, 1, 3),
      new ByteTile(Unit.WARPGROUP, 256, 128, 128, 2, 1, 1, 3),
      new ByteTile(Unit.WARPGROUP, 256, 64, 128, 2, 1, 1, 3),
      new ByteTile(Unit.WARPGROUP, 128, 128, 64, 1, 1, 1, 3),
      new ByteTile(Unit.WARPGROUP, 64, 256, 64, 1, 1, 1, 3),
      new ByteTile(Unit.WARPGROUP, 64, 128, 128, 1, 1, 1, 4),
      new ByteTile(Unit.WARPGROUP, 64, 64, 128, 1, 1, 1, 4),
      new ByteTile(Unit.WARPGROUP, 64, 32, 128, 1, 1, 1, 4));

  private static final List<ByteTile> WARPS = List.of(
      new ByteTile(Unit.WARP, 128, 128, 64, 2, 4, 1, 3),
      new ByteTile(Unit.WARP, 128, 64, 64, 4, 2, 1, 3),
      new ByteTile(Unit.WARP, 64, 64, 64, 2, 2, 1, 4),
      new ByteTile(Unit.WARP, 128, 32, 64, 4, 1, 1, 4),
      new ByteTile(Unit.WARP, 64, 32, 128, 2, 1, 2, 4),
      new ByteTile(Unit.WARP, 32, 64, 128, 1, 2, 4, 3),
      new ByteTile(Unit.WARP, 32, 32, 128, 1, 1, 4, 4));

  private static final int WARP_THREADS = 32;
  private static final int FEW_SUMS = 32;
  private static final int MANY_SUMS = 64;
  /** Threads of a multiprocessor, by how many registers their sums take. */
  private static final int THREADS_WITH_FEW_SUMS = 768;

  private static final int THREADS_WITH_SUMS = 512;
  private static final int THREADS_WITH_MANY_SUMS = 256;

  /** Those that a device can compute. */
  static List<ByteTile> all(boolean hasWarpgroups) {
    return hasWarpgroups ? Stream.concat(WARPGROUPS.stream(), WARPS.stream()).toList() : WARPS;
  }

  int threads() {
    return rowUnits * columnUnits * depthUnits * unit.warps * WARP_THREADS;
  }

  long blocks(long allRows, long allColumns) {
    return Math.ceilDiv(allRows, rows) * Math.ceilDiv(allColumns, columns);
  }

  /** Blocks that share a multiprocessor, which bounds the registers of a thread. */
  int blocksOfProcessor() {
    int sums = rows * columns * depthUnits / threads();
    int threads = sums <= FEW_SUMS
        ? THREADS_WITH_FEW_SUMS
        : sums <= MANY_SUMS ? THREADS_WITH_SUMS : THREADS_WITH_MANY_SUMS;
    return Math.max(1, threads / threads());
  }

  int sharedBytes() {
    int steps = stages * (rows + columns) * depth;
    int partial = (depthUnits - 1) * rows * columns * Integer.BYTES;
    return Math.max(steps, partial);
  }

  TuningChoice choice() {
    return TuningChoice.of(Map.of(
        "unit", unit.warps, "rows", rows, "columns", columns, "depth", depth, "row_units", rowUnits,
        "column_units", columnUnits, "depth_units", depthUnits, "stages", stages));
  }

  static ByteTile of(TuningChoice choice) {
    return new ByteTile(
        choice.get("unit") == Unit.WARP.warps ? Unit.WARP : Unit.WARPGROUP, choice.get("rows"), choice.get("columns"),
        choice.get("depth"), choice.get("row_units"), choice.get("column_units"), choice.get("depth_units"),
        choice.get("stages"));
  }
}
