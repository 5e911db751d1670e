package dev.slipway.backend.cpu;

import java.lang.foreign.MemorySegment;

/**
 * Product of row-major matrices of bytes on AMX, chunk by chunk of rows: {@link MatrixUnitPanels}. Rows that are no whole
 * tiles are copied with zeros behind them. Thread-safe: it holds no state of a call.
 */
final class MatrixUnitProduct implements ByteMatrix {
  private final WorkerPool pool;
  private final MatrixShape shape;
  private final int elementBytes;
  private final int depthBytes;
  private final MatrixUnitPanels panels;

  MatrixUnitProduct(WorkerPool pool, ByteKernels kernels, MatrixShape shape, ByteGroup group) {
    this.pool = pool;
    this.shape = shape;
    elementBytes = group.rounding().isPresent() ? 1 : Float.BYTES;
    depthBytes = MatrixUnitPanels.depthBytes(shape.depth());
    ByteTileSpec results = new ByteTileSpec(
        ByteTileSpec.Sums.GIVEN,
        MatrixUnitPanels.pixels(kernels, group.epilogue()),
        1,
        0,
        0,
        0,
        shape.columns() * elementBytes,
        0,
        ChannelBytes.BLOCK * elementBytes,
        group.range(),
        group.perRow(),
        group.epilogue(),
        0,
        0);
    panels = new MatrixUnitPanels(kernels, shape.rows(), depthBytes, shape.columns(), results);
  }

  /** Steps of the weights, those of zeros included. */
  static int steps(MatrixShape shape) {
    return MatrixUnitPanels.depthBytes(shape.depth()) / ByteWeights.STEP;
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
    return (long) shape.rows() * shape.columns() * elementBytes;
  }

  private boolean copiesInput() {
    return depthBytes > shape.depth();
  }

  private long threadBytes() {
    return MatrixUnitPanels.sumBytes() + (copiesInput() ? panels.chunkBytes() : 0);
  }

  @Override
  public long scratchBytes() {
    return threadBytes() * pool.threads();
  }

  @Override
  public void run(ByteProduct.Operands at, long scratch) {
    ImageUnits units = panels.units(1, pool.threads());
    pool.run(units.count(), (unit, worker) -> {
      long sums = scratch + worker * threadBytes();
      int chunkEnd = units.endPixel(unit, panels.chunks());
      int panelEnd = units.endChannel(unit, panels.panels());
      for (int chunk = units.firstPixel(unit, panels.chunks()); chunk < chunkEnd; chunk++) {
        ByteProduct.Operands own = at.withInput(rows(at.input(), chunk, sums + MatrixUnitPanels.sumBytes()));
        for (int panel = units.firstChannel(unit, panels.panels()); panel < panelEnd; panel++) {
          panels.run(own, chunk, panel, sums);
        }
      }
    });
  }

  /** The address of a chunk's rows, which are copied where zeros must follow them. */
  private long rows(long input, int chunk, long copy) {
    long first = input + (long) chunk * MatrixUnitPanels.CHUNK_ROWS * shape.depth();
    if (!copiesInput()) {
      return first;
    }
    for (int row = 0; row < panels.rows(chunk); row++) {
      long to = copy + (long) row * depthBytes;
      MemorySegment.copy(
          AddressSpace.ALL, first + (long) row * shape.depth(), AddressSpace.ALL, to, shape.depth());
      AddressSpace.ALL.asSlice(to + shape.depth(), depthBytes - shape.depth()).fill((byte) 0);
    }
    return copy;
  }
}
