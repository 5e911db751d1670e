package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Product of row-major matrices of bytes. Rows that are no whole steps are copied with zeros behind them, results that
 * are no whole blocks are copied from rows that are. Thread-safe: it holds no state of a call.
 */
final class ByteMatrixProduct {
  private static final int BLOCK = ChannelBytes.BLOCK;
  private static final int UNITS_PER_THREAD = 4;

  /** Multiply-adds that are worth a unit of work. */
  private static final long UNIT_PRODUCTS = 800_000;

  private final MatrixShape shape;
  private final ByteTileSpec spec;
  private final ByteProduct product;
  private final boolean copiesInput;
  private final boolean copiesOutput;
  private final int depthBytes;
  private final int rowBytes;

  ByteMatrixProduct(
      ByteKernels kernels, MatrixShape shape, TileShape tile, boolean rounds, ByteEpilogue epilogue, Arena arena) {
    this.shape = shape;
    int elementBytes = rounds ? 1 : Float.BYTES;
    copiesInput = shape.depth() % ByteWeights.STEP != 0;
    copiesOutput = shape.columns() % BLOCK != 0;
    depthBytes = steps(shape) * ByteWeights.STEP;
    rowBytes = Math.ceilDiv(shape.columns(), BLOCK) * BLOCK * elementBytes;
    spec = new ByteTileSpec(
        ByteTileSpec.Sums.DENSE,
        tile.pixels(),
        tile.blocks(),
        depthBytes,
        0,
        rowBytes,
        0,
        BLOCK * elementBytes,
        rounds,
        false,
        epilogue);
    product = new ByteProduct(
        kernels,
        spec,
        shape.rows(),
        kernels.weights(shape.columns(), tile.blocks()),
        SegmentTable.of(steps(shape), arena));
  }

  static TileGrid grid(MatrixShape shape) {
    return new TileGrid(1, shape.rows(), Math.ceilDiv(shape.columns(), BLOCK), steps(shape));
  }

  /** Whether results lie where the output has them, and a side beside them. */
  static boolean takesSide(MatrixShape shape) {
    return shape.columns() % BLOCK == 0;
  }

  static int steps(MatrixShape shape) {
    return Math.ceilDiv(shape.depth(), ByteWeights.STEP);
  }

  /** Packs the right matrix, depth x columns. */
  static void packWeights(MatrixShape shape, ByteWeights format, MemorySegment right, MemorySegment to) {
    format.pack(steps(shape), (column, step, place) -> {
      int row = step * ByteWeights.STEP + place;
      return row < shape.depth() ? right.get(AddressSpace.BYTE, (long) row * shape.columns() + column) : 0;
    }, to);
  }

  long inputBytes() {
    return (long) shape.rows() * shape.depth();
  }

  long outputBytes() {
    return (long) shape.rows() * shape.columns() * spec.elementBytes();
  }

  private long inputScratch() {
    return copiesInput ? AddressSpace.roundUp((long) shape.rows() * depthBytes, AddressSpace.ALIGNMENT) : 0;
  }

  long scratchBytes() {
    return inputScratch() + (copiesOutput ? (long) shape.rows() * rowBytes : 0);
  }

  void run(
      WorkerPool pool,
      long input,
      long weights,
      long parameters,
      long constants,
      long side,
      long output,
      long scratch) {
    long in = copiesInput ? scratch : input;
    long out = copiesOutput ? scratch + inputScratch() : output;
    ByteProduct.Operands at = new ByteProduct.Operands(in, weights, parameters, constants, side, out);
    int wanted = wantedUnits(pool.threads());
    int chunks = Math.clamp(wanted, 1, product.tiles());
    int groups = Math.clamp(wanted / chunks, 1, product.panels());
    if (copiesInput) {
      copyInput(input, in);
    }
    pool.run(chunks * groups, (unit, _) -> {
      int chunk = unit % chunks;
      int group = unit / chunks;
      int to = (int) ((long) product.panels() * (group + 1) / groups);
      for (int panel = (int) ((long) product.panels() * group / groups); panel < to; panel++) {
        product.rows(
            at,
            0,
            panel,
            1,
            (int) ((long) product.tiles() * chunk / chunks),
            (int) ((long) product.tiles() * (chunk + 1) / chunks));
      }
    });
    if (copiesOutput) {
      copyOutput(out, output);
    }
  }

  private int wantedUnits(int threads) {
    long products = (long) shape.rows() * shape.columns() * shape.depth();
    return threads == 1 ? 1 : Math.clamp(products / UNIT_PRODUCTS, 1, threads * UNITS_PER_THREAD);
  }

  private void copyInput(long from, long to) {
    for (int row = 0; row < shape.rows(); row++) {
      long end = to + (long) row * depthBytes;
      AddressSpace.setInt(end + depthBytes - ByteWeights.STEP, 0);
      MemorySegment.copy(
          AddressSpace.ALL, from + (long) row * shape.depth(), AddressSpace.ALL, end, shape.depth());
    }
  }

  private void copyOutput(long from, long to) {
    long bytes = (long) shape.columns() * spec.elementBytes();
    for (int row = 0; row < shape.rows(); row++) {
      MemorySegment.copy(AddressSpace.ALL, from + (long) row * rowBytes, AddressSpace.ALL, to + row * bytes, bytes);
    }
  }
}
