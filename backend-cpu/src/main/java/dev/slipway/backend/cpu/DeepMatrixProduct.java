package dev.slipway.backend.cpu;

import static dev.slipway.operators.Expression.input;

import dev.slipway.backend.FusedGroup;
import dev.slipway.operators.Expression;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Product of a row-major matrix with a packed one, in slices of the depth where that is large: long rows would share
 * few sets of the first-level cache and leave the second, so the left matrix is copied slice by slice, and each slice
 * adds to the sums of the one before. Thread-safe: it holds no state of a call.
 */
final class DeepMatrixProduct {
  /** Depth of the deepest slice. */
  private static final int MAX_SLICE = 1024;

  private static final int MIN_SLICE = 512;

  /** Depth and columns from which on slices are worth the copy. */
  private static final int MIN_DEPTH = 2048;

  private static final int MIN_COLUMNS = 256;

  /** Rows that are copied as a unit of work. */
  private static final int COPIED_ROWS = 8;

  /** Bytes between two copied rows, so that they fall into different sets. */
  private static final int GAP_BYTES = 64;

  private final MatrixShape shape;
  private final MatrixShape slice;
  private final int slices;
  private final int ownSide;
  private final MatrixMoves moves;
  private final MemorySegment noBias;
  private final List<PackedMatrixProduct> products = new ArrayList<>();

  /** The left and the right matrix lie without gaps, the result too. Tables live as long as the arena. */
  DeepMatrixProduct(MicroKernels kernels, MatrixShape shape, TileShape tile, Epilogue epilogue, Arena arena) {
    this.shape = shape;
    moves = kernels.moves();
    slices = slices(shape, epilogue);
    slice = slice(shape, slices);
    ownSide = epilogue.sides().size();
    noBias = arena.allocate((long) shape.columnBlocks() * Memory.VECTOR_BYTES, Memory.ALIGNMENT);
    int outputStride = shape.columns() * Float.BYTES;
    for (int i = 0; i < slices; i++) {
      Epilogue own = i == slices - 1 ? epilogue : Epilogue.NONE;
      products.add(new PackedMatrixProduct(
          kernels, slice, tile, leftStride(), outputStride, i == 0 ? own : resuming(own), arena));
    }
  }

  /** The epilogue of a sum that begins with a further side. */
  private static Epilogue resuming(Epilogue epilogue) {
    Expression result = input(FusedGroup.RESULT);
    Expression sum = result.plus(input(epilogue.sides().size()));
    List<Side> sides = new ArrayList<>(epilogue.sides());
    sides.add(Side.FULL);
    return new Epilogue(AnchoredGroup.replace(epilogue.expression(), result, sum), sides);
  }

  /** How many slices of equal depth a product has, for any number of rows: they decide how its weights are packed. */
  static int slices(MatrixShape shape, Epilogue epilogue) {
    boolean deep = shape.depth() >= MIN_DEPTH && shape.columns() >= MIN_COLUMNS;
    if (!deep || epilogue.sides().size() == Epilogue.MAX_SIDES) {
      return 1;
    }
    for (int count = Math.ceilDiv(shape.depth(), MAX_SLICE); count <= shape.depth() / MIN_SLICE; count++) {
      if (shape.depth() % count == 0) {
        return count;
      }
    }
    return 1;
  }

  private static MatrixShape slice(MatrixShape shape, int slices) {
    return new MatrixShape(shape.rows(), shape.columns(), shape.depth() / slices);
  }

  /** What a tile is to cover in each slice. */
  static TileGrid grid(MatrixShape shape, Epilogue epilogue) {
    int slices = slices(shape, epilogue);
    return slices == 1
        ? TileGrid.of(shape)
        : new TileGrid(1, shape.rows(), shape.columnBlocks(), shape.depth() / slices);
  }

  /** Packs a right matrix: the parameters are those of {@link PackedMatrixProduct#pack}. */
  static void pack(
      MatrixMoves moves,
      MatrixShape shape,
      int slices,
      TileShape tile,
      long right,
      long depthStride,
      long columnStride,
      long packed) {
    MatrixShape slice = slice(shape, slices);
    for (int i = 0; i < slices; i++) {
      long from = right + (long) i * slice.depth() * depthStride;
      long to = packed + i * PackedMatrixProduct.packedBytes(slice);
      PackedMatrixProduct.pack(moves, slice, tile, from, depthStride, columnStride, to);
    }
  }

  private int leftStride() {
    return slice.depth() * Float.BYTES + (slices == 1 ? 0 : GAP_BYTES);
  }

  /** Bytes of the copy of one slice. */
  private long copyBytes() {
    return Memory.roundUp((long) shape.rows() * leftStride(), Memory.ALIGNMENT);
  }

  /** Bytes of the copy and of the sums of every other slice. */
  long workspaceBytes() {
    return slices == 1 ? 0 : slices * copyBytes() + (long) shape.rows() * shape.columns() * Float.BYTES;
  }

  /** Runs on the pool. */
  void run(WorkerPool pool, TiledProduct.Operands at, long workspace) {
    int threads = pool.threads();
    if (slices == 1) {
      products.getFirst().run(pool, at);
      return;
    }
    pool.run(Math.ceilDiv(shape.rows(), COPIED_ROWS), (unit, _) -> copy(at.input(), unit * COPIED_ROWS, workspace));
    pool.run(products.getFirst().units(threads), (unit, _) -> {
      for (int i = 0; i < slices; i++) {
        products.get(i).run(operands(at, i, workspace), unit, threads);
      }
    });
  }

  private void copy(long left, int row, long workspace) {
    long stride = (long) shape.depth() * Float.BYTES;
    int rows = Math.min(COPIED_ROWS, shape.rows() - row);
    for (int i = 0; i < slices; i++) {
      long from = left + row * stride + (long) i * slice.depth() * Float.BYTES;
      long to = workspace + i * copyBytes() + (long) row * leftStride();
      moves.copy(from, stride, to, leftStride(), rows, slice.depth());
    }
  }

  private TiledProduct.Operands operands(TiledProduct.Operands at, int i, long workspace) {
    boolean last = i == slices - 1;
    long before = i == 0 ? 0 : sums(at, i - 1, workspace);
    int side = last ? ownSide : 0;
    return new TiledProduct.Operands(
        workspace + i * copyBytes(),
        at.weights() + i * PackedMatrixProduct.packedBytes(slice),
        last ? at.bias() : noBias.address(),
        side == 0 ? before : at.side0(),
        side == 1 ? before : at.side1(),
        side == 2 ? before : at.side2(),
        sums(at, i, workspace));
  }

  /** Where a slice leaves its sums: in turns, as a tile may not overwrite what it reads. */
  private long sums(TiledProduct.Operands at, int i, long workspace) {
    return (slices - 1 - i) % 2 == 0 ? at.output() : workspace + slices * copyBytes();
  }
}
