package dev.slipway.backend.cpu;

import static dev.slipway.operators.Expression.input;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.operators.Attention;
import dev.slipway.operators.Expression;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * For each head and some of its queries: the scores, scaled and masked as they are stored, their softmax in place, and
 * the product with the values where it belongs in the output. Keys and values are packed before.
 */
final class AttentionKernel implements Kernel {
  static final int MASK = 3;

  /** Bytes of scores that stay in a second-level cache beside keys and values. */
  private static final int SCORE_BYTES = 256 << 10;

  /** Queries at a time, at most and at least: fewer do not pay for reading keys and values. */
  private static final int MOST_QUERIES = 128;

  private static final int FEWEST_QUERIES = 16;

  /** Depth for which a tile is chosen, at most: packed matrices are small, and near in any case. */
  private static final int NEAR_STEPS = 64;

  private static final int UNITS_PER_THREAD = 2;

  private final WorkerPool pool;
  private final MatrixMoves moves;
  private final AttentionHeads q;
  private final AttentionHeads k;
  private final AttentionHeads v;
  private final AttentionHeads y;
  private final boolean causal;
  private final Optional<AttentionMask> mask;
  private final SoftmaxKernel softmax;
  private final int rows;
  private final int parts;
  private final Product scores;
  private final Product weighted;
  private final MemorySegment noBias;
  private final int rowBytes;

  /** Addresses of one run. */
  private record Addresses(long q, long k, long v, long mask, long y) {}

  /** Scratch memory of a worker. */
  private record Scratch(long keys, long values, long scores, long mask) {}

  /** A product of some queries' rows with a packed matrix. */
  private record Product(MatrixShape shape, TileShape tile, PackedMatrixProduct product) {
    static Product of(
        MicroKernels kernels, MatrixShape shape, int leftStride, int outputStride, Epilogue epilogue, Arena arena) {
      int steps = Math.min(shape.depth(), NEAR_STEPS);
      TileShape tile = kernels.bestTile(new TileGrid(1, shape.rows(), shape.columnBlocks(), steps, leftStride));
      return new Product(
          shape, tile, new PackedMatrixProduct(kernels, shape, tile, leftStride, outputStride, epilogue, arena));
    }

    long packedBytes() {
      return Memory.roundUp(PackedMatrixProduct.packedBytes(shape), Memory.ALIGNMENT);
    }

    void pack(MatrixMoves moves, long right, long depthStride, long columnStride, long packed) {
      PackedMatrixProduct.pack(moves, shape, tile, right, depthStride, columnStride, packed);
    }

    void run(TiledProduct.Operands operands) {
      for (int unit = 0; unit < product.units(1); unit++) {
        product.run(operands, unit, 1);
      }
    }
  }

  AttentionKernel(KernelRequest request, Attention op, WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    moves = kernels.moves();
    q = AttentionHeads.of(request.input(0), op.queryHeads());
    k = AttentionHeads.of(request.input(1), op.keyValueHeads());
    v = AttentionHeads.of(request.input(2), op.keyValueHeads());
    y = AttentionHeads.of(request.output(), op.queryHeads());
    causal = op.causal();
    mask = request.has(MASK) ? Optional.of(AttentionMask.of(request.input(MASK))) : Optional.empty();
    softmax = kernels.softmax(new SoftmaxSpec(true));
    rowBytes = k.length() * Float.BYTES;
    int heads = q.batch() * q.count();
    int wanted = pool.threads() == 1 ? 1 : Math.ceilDiv(pool.threads() * UNITS_PER_THREAD, heads);
    parts = Math.clamp(wanted, 1, Math.max(1, q.length() / FEWEST_QUERIES));
    rows = rows(Math.ceilDiv(q.length(), parts), rowBytes);
    double scale = op.scale() == 0 ? 1 / Math.sqrt(q.size()) : op.scale();
    Arena arena = Arena.ofAuto();
    scores = Product.of(
        kernels, new MatrixShape(rows, k.length(), q.size()), q.rowBytes(), rowBytes, epilogue((float) scale), arena);
    weighted = Product.of(
        kernels, new MatrixShape(rows, v.size(), v.length()), rowBytes, y.rowBytes(), Epilogue.NONE, arena);
    int blocks = Math.max(scores.shape().columnBlocks(), weighted.shape().columnBlocks());
    noBias = arena.allocate((long) blocks * Memory.VECTOR_BYTES, Memory.ALIGNMENT);
  }

  /** So many of some queries at a time that all times are alike. */
  private static int rows(int queries, int rowBytes) {
    int most = Math.clamp(SCORE_BYTES / rowBytes, FEWEST_QUERIES, MOST_QUERIES);
    return Math.ceilDiv(queries, Math.ceilDiv(queries, most));
  }

  private boolean adds() {
    return mask.isPresent() && !mask.get().open();
  }

  /** {@code scale * score + mask}. */
  private Epilogue epilogue(float scale) {
    Expression scaled = input(FusedGroup.RESULT).times(scale);
    if (!adds()) {
      return Epilogue.of(scaled);
    }
    Side side = mask.get().isSameForAllQueries() ? Side.CHANNEL : Side.FULL;
    return new Epilogue(scaled.plus(input(0)), List.of(side));
  }

  @Override
  public long workspaceBytes() {
    return pool.threads() * workerBytes();
  }

  private long workerBytes() {
    return scratch(0).mask() + Memory.roundUp(maskBytes(), Memory.ALIGNMENT);
  }

  /** Of a row of the mask, whole vectors. */
  private long maskBytes() {
    return (long) scores.shape().columnBlocks() * Memory.VECTOR_BYTES;
  }

  private Scratch scratch(long at) {
    long values = at + scores.packedBytes();
    long row = values + weighted.packedBytes();
    return new Scratch(at, values, row, row + Memory.roundUp((long) rows * rowBytes, Memory.ALIGNMENT));
  }

  @Override
  public void run(KernelArguments arguments) {
    Addresses at = new Addresses(
        Memory.address(arguments.input(0), q.bytes(), "Q"),
        Memory.address(arguments.input(1), k.bytes(), "K"),
        Memory.address(arguments.input(2), v.bytes(), "V"),
        mask.isPresent() ? Memory.address(arguments.input(MASK), mask.get().bytes(), "mask") : 0,
        Memory.address(arguments.output(), y.bytes(), "output"));
    long workspace = arguments.workspace().address();
    pool.run(q.batch() * q.count() * parts, (unit, worker) -> {
      int head = unit / parts;
      Scratch scratch = scratch(workspace + worker * workerBytes());
      part(at, head / q.count(), head % q.count(), unit % parts, scratch);
    });
  }

  /** Some queries of a head. */
  private void part(Addresses at, int sequence, int head, int part, Scratch scratch) {
    int source = head / (q.count() / k.count());
    scores.pack(moves, at.k + k.offset(sequence, source, 0), Float.BYTES, k.rowBytes(), scratch.keys);
    weighted.pack(moves, at.v + v.offset(sequence, source, 0), v.rowBytes(), Float.BYTES, scratch.values);
    if (adds() && mask.get().isSameForAllQueries()) {
      moves.copy(at.mask + mask.get().offset(sequence, head, 0), 0, scratch.mask, 0, 1, k.length());
    }
    int end = (int) ((long) q.length() * (part + 1) / parts);
    for (int first = (int) ((long) q.length() * part / parts); first < end; first += rows) {
      // The last queries may overlap those before them.
      queries(at, sequence, head, Math.clamp(end - rows, 0, first), scratch);
    }
  }

  private void queries(Addresses at, int sequence, int head, int first, Scratch scratch) {
    long side = 0;
    if (adds()) {
      side = mask.get().isSameForAllQueries() ? scratch.mask : at.mask + mask.get().offset(sequence, head, first);
    }
    long from = at.q + q.offset(sequence, head, first);
    scores.run(new TiledProduct.Operands(from, scratch.keys, noBias.address(), side, 0, 0, scratch.scores));
    if (mask.isPresent() && mask.get().open()) {
      close(at.mask, sequence, head, first, scratch.scores);
    }
    weigh(first, scratch.scores);
    long to = at.y + y.offset(sequence, head, first);
    weighted.run(new TiledProduct.Operands(scratch.scores, scratch.values, noBias.address(), 0, 0, 0, to));
  }

  /** Scores of some queries to weights, in place; zeros where the mask leaves nothing. */
  private void weigh(int first, long weights) {
    if (!causal) {
      softmax.run(weights, weights, rowBytes, k.length(), rows);
      return;
    }
    for (int i = 0; i < rows; i++) {
      int visible = Math.min(first + i + 1, k.length());
      long line = weights + (long) i * rowBytes;
      softmax.run(line, line, rowBytes, visible, 1);
      Memory.clear(line + (long) visible * Float.BYTES, rowBytes - (long) visible * Float.BYTES);
    }
  }

  /** Gives what a mask of bool has false the lowest score. */
  private void close(long masks, int sequence, int head, int first, long weights) {
    for (int i = 0; i < rows; i++) {
      long open = masks + mask.orElseThrow().offset(sequence, head, first + i);
      for (int key = 0; key < k.length(); key++) {
        if (Bytes.get(open + key) == 0) {
          Memory.set(weights + (long) i * rowBytes + (long) key * Float.BYTES, Float.NEGATIVE_INFINITY);
        }
      }
    }
  }
}
