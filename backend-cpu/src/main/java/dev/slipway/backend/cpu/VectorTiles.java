package dev.slipway.backend.cpu;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import jdk.incubator.vector.FloatVector;

/** Which register tiles generated classes over the Vector API have, and a model of their time. */
final class VectorTiles {
  private static final int MAX_PIXELS = 16;
  private static final int MAX_BLOCKS = 8;
  private static final int MAX_CHOICES = 3;

  /**
   * Preferred where others are hardly better: every further shape in an engine is a kernel more that C2 has to compile,
   * which takes it about half a second.
   */
  private static final Set<TileShape> COMMON =
      Set.of(
          new TileShape(14, 1),
          new TileShape(16, 1),
          new TileShape(7, 2),
          new TileShape(8, 2),
          new TileShape(12, 2),
          new TileShape(7, 3),
          new TileShape(8, 3),
          new TileShape(4, 4),
          new TileShape(6, 4),
          new TileShape(4, 3),
          new TileShape(6, 2),
          new TileShape(1, 8));

  /** How much slower a common shape may be predicted and still be preferred. */
  private static final double COMMON_ADVANTAGE = 1.12;

  private VectorTiles() {}

  /** All tiles for a grid, best predicted first. */
  static List<TileShape> all(TileGrid grid) {
    List<TileShape> shapes = new ArrayList<>();
    int registers = registers();
    for (int q = 1; q <= Math.min(grid.blocks(), MAX_BLOCKS); q++) {
      for (int p = 1; p <= Math.min(grid.pixels(), MAX_PIXELS); p++) {
        if (p * q + q + 1 <= registers && KernelClasses.fitsC1(p, q)) {
          shapes.add(new TileShape(p, q));
        }
      }
    }
    shapes.sort(Comparator.comparingDouble(
        t -> cycles(t, grid) * (COMMON.contains(t) ? 1 : COMMON_ADVANTAGE)));
    return shapes;
  }

  /**
   * The tiles that are worth measuring, best predicted first: the best, and common ones, whose kernels other layers
   * need anyway.
   */
  static List<TileShape> choices(TileGrid grid) {
    List<TileShape> all = all(grid);
    return all.stream()
        .filter(shape -> shape.equals(all.getFirst()) || COMMON.contains(shape))
        .limit(MAX_CHOICES)
        .toList();
  }

  /** Vector registers of this machine: 32 with AVX-512 and NEON, 16 with AVX2. */
  private static int registers() {
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    return arm || FloatVector.SPECIES_PREFERRED.vectorBitSize() == 512 ? 32 : 16;
  }

  /** Predicted cycles of one step over all tiles that cover a row of the grid. */
  private static double cycles(TileShape tile, TileGrid grid) {
    int tiles = Math.ceilDiv(grid.pixels(), tile.pixels());
    int rest = grid.blocks() % tile.blocks();
    double full = grid.blocks() / tile.blocks() * step(tile.pixels(), tile.blocks());
    return tiles * (full + (rest == 0 ? 0 : step(tile.pixels(), rest) * COMMON_ADVANTAGE));
  }

  /** Two multiply-adds and two loads a cycle, a latency of four cycles, and the loop itself. */
  private static double step(int p, int q) {
    return Math.max(Math.max(p * q / 2.0, (p + q) / 2.0), 4) + 1.2;
  }
}
