package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Product of row-major matrices of bytes. Rows that are no whole steps are copied with zeros behind them, results that
 * are no whole blocks are copied from rows that are. Thread-safe: it holds no state of a call.
 */
final class ByteMatrixProduct implements ByteMatrix {
  private static final int BLOCK = ChannelBytes.BLOCK;
  private final WorkerPool pool;
  private final MatrixShape shape;
  private final ByteTileSpec spec;
  private final ByteProduct product;
  private final boolean copiesInput;
  private final boolean copiesOutput;
  private final int depthBytes;
  private final int rowBytes;
  private final double nanos;

  ByteMatrixProduct(
      WorkerPool pool,
      ByteKernels kernels,
      MatrixShape shape,
      TileShape tile,
      ByteGroup group,
      Arena arena) {
    this.pool = pool;
    this.shape = shape;
    nanos = kernels.micros(grid(shape), group.epilogue()) * 1e3;
    int elementBytes = group.rounding().isPresent() ? 1 : Float.BYTES;
    copiesInput = shape.depth() % ByteWeights.STEP != 0;
    copiesOutput = shape.columns() % BLOCK != 0;
    depthBytes = steps(shape) * ByteWeights.STEP;
    rowBytes = Math.ceilDiv(shape.columns(), BLOCK) * BLOCK * elementBytes;
    spec = new ByteTileSpec(
        ByteTileSpec.Sums.DENSE,
        tile.pixels(),
        tile.blocks(),
        ByteWeights.STEP,
        depthBytes,
        0,
        rowBytes,
        0,
        BLOCK * elementBytes,
        group.range(),
        group.perRow(),
        group.epilogue(),
        0,
        0);
    product = new ByteProduct(
        kernels,
        spec,
        1,
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

  /** Packs the right matrix, depth x columns, zeros behind the depth. */
  static void packWeights(MatrixShape shape, int steps, ByteWeights format, MemorySegment right, MemorySegment to) {
    format.pack(steps, (column, step, place) -> {
      int row = step * ByteWeights.STEP + place;
      return row < shape.depth() ? right.get(AddressSpace.BYTE, (long) row * shape.columns() + column) : 0;
    }, to);
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

  private long inputScratch() {
    return copiesInput ? AddressSpace.roundUp((long) shape.rows() * depthBytes, AddressSpace.ALIGNMENT) : 0;
  }

  @Override
  public long scratchBytes() {
    return inputScratch() + (copiesOutput ? (long) shape.rows() * rowBytes : 0);
  }

  @Override
  public void run(ByteProduct.Operands operands, long scratch) {
    long in = copiesInput ? scratch : operands.input();
    long out = copiesOutput ? scratch + inputScratch() : operands.output();
    ByteProduct.Operands at = new ByteProduct.Operands(
        in, operands.weights(), operands.parameters(), operands.constants(), operands.beside(), out);
    int firstParts = ImageUnits.firstParts(shape.rows(), pool.threads());
    int wanted = Chunks.wanted(nanos, pool.threads());
    ImageUnits units = ImageUnits.of(1, firstParts, wanted, 1, product.tiles(), product.panels());
    if (copiesInput) {
      copyInput(operands.input(), in);
    }
    pool.run(units.count(), (unit, _) -> {
      int from = units.firstPixel(unit, product.tiles());
      int to = units.endPixel(unit, product.tiles());
      int end = units.endChannel(unit, product.panels());
      for (int panel = units.firstChannel(unit, product.panels()); panel < end; panel++) {
        product.rows(at, 0, panel, 1, from, to);
      }
    });
    if (copiesOutput) {
      copyOutput(out, operands.output());
    }
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
