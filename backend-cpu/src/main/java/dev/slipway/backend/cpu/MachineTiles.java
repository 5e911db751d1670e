package dev.slipway.backend.cpu;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Which register tiles machine code has, and a model of their time. */
final class MachineTiles {
  private static final int MAX_BLOCKS = 8;
  private static final int MAX_CHOICES = 4;

  /** Cycles that a result needs before the next may be added to it, and one for what delays it. */
  private static final double LATENCY = 5;

  /** Multiply-adds, and loads, that start in a cycle. */
  private static final double PORTS = 2;

  /** Instructions that start in a cycle, where another thread of the core may take its share. */
  private static final double WIDTH = 3;

  /** Bytes of a panel of weights that stay in the first-level cache from one tile to the next. */
  private static final int NEAR_BYTES = 20 << 10;

  /** Bytes of a panel that stay in the second-level cache beside the inputs and the panel to come. */
  private static final int CACHED_BYTES = 320 << 10;

  /** Cycles lost for each byte of weights from the second-level cache. */
  private static final double CACHED_CYCLES = 0.005;

  /** Cycles lost for each byte of weights of larger panels. */
  private static final double FAR_CYCLES = 0.016;

  /** Cycles lost for each input, which are not read in one stream. */
  private static final double INPUT_CYCLES = 0.07;

  /** Cycles to start a tile and to drain it. */
  private static final double TILE_CYCLES = 20;

  /** Cycles to store an accumulator. */
  private static final double STORE_CYCLES = 1.2;

  /** After so many bytes the sets of a first-level cache begin anew. */
  private static final int SETS_BYTES = 4096;

  /** Rows whose lines may lie in the same set: it holds twelve lines, and weights pass through. */
  private static final int ROWS_IN_SET = 9;

  /** Pixels up to which weights take longer to arrive from memory than to be used. */
  private static final int FEW_PIXELS = 8;

  /** Bytes of a panel that arrives while the one before is used. */
  private static final int ARRIVING_BYTES = 128 << 10;

  /** Of a server's processor with all its vectors at work; the time is for comparisons. */
  private static final double CYCLES_PER_MICRO = 2100;

  private final Isa isa;

  MachineTiles(Isa isa) {
    this.isa = isa;
  }

  /** All tiles for a grid, best predicted first. */
  List<TileShape> all(TileGrid grid) {
    List<TimedTile> tiles = new ArrayList<>();
    for (TileShape shape : shapes(grid)) {
      tiles.add(new TimedTile(shape, cycles(shape, grid)));
    }
    Collections.sort(tiles);
    List<TileShape> shapes = new ArrayList<>(tiles.size());
    for (TimedTile tile : tiles) {
      shapes.add(tile.shape());
    }
    return shapes;
  }

  private record TimedTile(TileShape shape, double cycles) implements Comparable<TimedTile> {
    @Override
    public int compareTo(TimedTile other) {
      return Double.compare(cycles, other.cycles);
    }
  }

  private List<TileShape> shapes(TileGrid grid) {
    List<TileShape> shapes = new ArrayList<>();
    for (int blocks = 1; blocks <= maxBlocks(grid); blocks++) {
      for (int pixels = 1; pixels <= grid.pixels() && fits(pixels, blocks, grid); pixels++) {
        int rows = pixels == grid.pixels() ? grid.rows() : 1;
        for (int row = 1; row <= rows && fits(row, pixels, blocks); row++) {
          shapes.add(new TileShape(row, pixels, blocks));
        }
      }
    }
    return shapes;
  }

  /** The predicted time of the best tile. */
  double micros(TileGrid grid) {
    double best = Double.POSITIVE_INFINITY;
    for (TileShape shape : shapes(grid)) {
      best = Math.min(best, cycles(shape, grid));
    }
    return best / CYCLES_PER_MICRO;
  }

  /** For each number of blocks the best tile, of these the best. */
  List<TileShape> choices(TileGrid grid) {
    List<TileShape> all = all(grid);
    return IntStream.range(0, all.size())
        .filter(i -> all.subList(0, i).stream().noneMatch(better -> better.blocks() == all.get(i).blocks()))
        .mapToObj(all::get)
        .limit(MAX_CHOICES)
        .toList();
  }

  private int maxBlocks(TileGrid grid) {
    int most = Math.min(grid.blocks(), MAX_BLOCKS);
    boolean arriving = grid.rows() == 1 && grid.pixels() <= FEW_PIXELS;
    return arriving ? Math.clamp(ARRIVING_BYTES / ((long) grid.steps() * isa.vectorBytes() + 1), 1, most) : most;
  }

  private boolean fits(int pixels, int blocks, TileGrid grid) {
    int period = Math.min(Integer.lowestOneBit(grid.stride()), SETS_BYTES);
    return Math.ceilDiv(pixels * period, SETS_BYTES) <= ROWS_IN_SET && fits(1, pixels, blocks);
  }

  private boolean fits(int rows, int pixels, int blocks) {
    return TileCode.fits(new TileShape(rows, pixels, blocks), isa);
  }

  /** Predicted cycles for a grid. */
  double cycles(TileShape tile, TileGrid grid) {
    double panels = grid.blocks() / tile.blocks() * panel(tile, grid);
    int rest = grid.blocks() % tile.blocks();
    return rest == 0 ? panels : panels + panel(new TileShape(tile.rows(), tile.pixels(), rest), grid);
  }

  private double panel(TileShape tile, TileGrid grid) {
    int groups = grid.rows() / tile.rows();
    double row = row(tile.rows(), tile, grid);
    int restRows = grid.rows() % tile.rows();
    return groups * row + (restRows == 0 ? 0 : row(restRows, tile, grid));
  }

  private double row(int rows, TileShape tile, TileGrid grid) {
    int tiles = grid.pixels() / tile.pixels();
    int rest = grid.pixels() % tile.pixels();
    double whole = tiles * tile(rows * tile.pixels(), tile.blocks(), grid.steps());
    return rest == 0 ? whole : whole + tile(rows * rest, tile.blocks(), grid.steps());
  }

  private double tile(int area, int blocks, int steps) {
    int accumulators = area * blocks;
    int embedded = TileCode.embedded(new TileShape(area, blocks), isa);
    int broadcasts = area - embedded;
    int loads = broadcasts + embedded * blocks + blocks;
    int instructions = accumulators + broadcasts + blocks;
    double busy = Math.max(instructions / WIDTH, Math.max(accumulators, loads) / PORTS);
    int bytes = blocks * isa.vectorBytes();
    double step = Math.max(LATENCY, busy) + bytes * byteCycles((long) steps * bytes) + area * INPUT_CYCLES;
    return steps * step + TILE_CYCLES + STORE_CYCLES * accumulators;
  }

  private static double byteCycles(long panelBytes) {
    if (panelBytes <= NEAR_BYTES) {
      return 0;
    }
    return panelBytes <= CACHED_BYTES ? CACHED_CYCLES : FAR_CYCLES;
  }
}
