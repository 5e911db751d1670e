package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Attention;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * Attention without a cache, float32 contiguous, with or without an additive mask: for each head and some queries the
 * scores, their softmax and the weighted values, which stay in the cache.
 */
final class AttentionTactic implements Tactic {
  private static final TacticId ID = new TacticId("attention_f32", 1);
  private static final double NANOS_PER_FMA = 0.03;
  private static final int MASK = 3;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  AttentionTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof Attention op)) {
      return Requests.unsupported("operator " + request.op().schema().name() + " (expected: Attention)");
    }
    Optional<String> refusal = refusal(request, op);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    Heads q = Heads.of(request.input(0), op.queryHeads());
    Heads v = Heads.of(request.input(2), op.keyValueHeads());
    double fmas = (double) q.batch * q.count * q.length * v.length * (q.size + v.size);
    return new Support.Supported(1 + fmas * NANOS_PER_FMA / 1000);
  }

  private static Optional<String> refusal(KernelRequest request, Attention op) {
    if (op.softcap() > 0) {
      return Optional.of("softcap " + op.softcap() + " (expected: 0)");
    }
    if (request.outputs().size() > 1) {
      return Optional.of("outputs: " + request.outputs().size() + " (expected: 1)");
    }
    for (int port = MASK + 1; port < request.inputs().size(); port++) {
      if (request.has(port)) {
        return Optional.of("a cache of keys and values at input " + port + " (expected: none)");
      }
    }
    List<KernelRequest.Argument> operands = request.inputs().subList(0, MASK);
    Optional<String> type =
        Contiguous.notFloat32(new KernelRequest(op, operands, request.outputs(), request.device()));
    if (type.isPresent()) {
      return type;
    }
    Heads q = Heads.of(request.input(0), op.queryHeads());
    Heads k = Heads.of(request.input(1), op.keyValueHeads());
    if (q.batch * q.count * q.length * k.length * q.size == 0) {
      return Optional.of("empty matrices");
    }
    return request.has(MASK) ? maskRefusal(request.input(MASK), k.length) : Optional.empty();
  }

  private static Optional<String> maskRefusal(TensorType mask, int keys) {
    if (mask.dtype() != DType.FLOAT32 && mask.dtype() != DType.BOOL) {
      return Optional.of("mask " + mask + " (expected: float32 or bool)");
    }
    int[] dims = Requests.dims(mask);
    if (dims.length == 0 || dims[dims.length - 1] != keys) {
      return Optional.of("mask " + mask + " (expected: a last axis of " + keys + " keys)");
    }
    return Optional.empty();
  }

  /**
   * How the heads of a tensor lie in memory: batch × heads × length × size, or batch × length × (heads · size).
   *
   * @param rowElements from one position to the next
   * @param headElements from one head to the next
   */
  private record Heads(int batch, int count, int length, int size, int rowElements, int headElements) {
    static Heads of(TensorType type, long heads) {
      int[] dims = Requests.dims(type);
      if (dims.length == 4) {
        return new Heads(dims[0], dims[1], dims[2], dims[3], dims[3], dims[2] * dims[3]);
      }
      int count = Math.toIntExact(heads);
      return new Heads(dims[0], count, dims[1], dims[2] / count, dims[2], dims[2] / count);
    }

    int rowBytes() {
      return rowElements * Float.BYTES;
    }

    /** Bytes to the first element of a head. */
    long offset(int sequence, int head) {
      return ((long) sequence * count * length * size + (long) head * headElements) * Float.BYTES;
    }

    long bytes() {
      return (long) batch * count * length * size * Float.BYTES;
    }
  }

  /** A mask seen as batch × heads × queries × keys: elements from one to the next, 0 where it broadcasts. */
  private record MaskStrides(long batch, long head, long query, boolean bool, long bytes) {
    static MaskStrides of(TensorType type) {
      int[] dims = Requests.dims(type);
      long[] strides = new long[4];
      long stride = 1;
      for (int i = dims.length - 1; i >= 0; i--) {
        strides[4 - dims.length + i] = dims[i] == 1 ? 0 : stride;
        stride *= dims[i];
      }
      return new MaskStrides(strides[0], strides[1], strides[2], type.dtype() == DType.BOOL, type.bytes());
    }

    /** Address of the first key of a query. */
    long row(long mask, int sequence, int head, int query) {
      return mask + (sequence * batch + head * this.head + query * this.query) * (bool ? 1 : Float.BYTES);
    }
  }

  @Override
  public boolean warmsUp() {
    return kernels.warmUp();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return new HeadByHead(request, (Attention) request.op(), pool, kernels);
  }

  private static final class HeadByHead implements Kernel {
    /** Queries at a time: their scores stay in the second-level cache. */
    private static final int QUERIES = 128;

    private final WorkerPool pool;
    private final Heads q;
    private final Heads k;
    private final Heads v;
    private final Heads y;
    private final float scale;
    private final boolean causal;
    private final Optional<MaskStrides> mask;
    private final SoftmaxKernel softmax;
    private final MatrixMoves moves;
    private final int rows;
    private final MatrixShape scoreShape;
    private final MatrixShape valueShape;
    private final TileShape scoreTile;
    private final TileShape valueTile;
    private final PackedMatrixProduct scores;
    private final PackedMatrixProduct weighted;
    private final MemorySegment noBias;
    private final long keyBytes;
    private final long valueBytes;
    private final long scoreBytes;

    HeadByHead(KernelRequest request, Attention op, WorkerPool pool, MicroKernels kernels) {
      this.pool = pool;
      q = Heads.of(request.input(0), op.queryHeads());
      k = Heads.of(request.input(1), op.keyValueHeads());
      v = Heads.of(request.input(2), op.keyValueHeads());
      y = Heads.of(request.output(), op.queryHeads());
      scale = op.scale() == 0 ? (float) (1 / Math.sqrt(q.size)) : op.scale();
      causal = op.causal();
      mask = request.has(MASK) ? Optional.of(MaskStrides.of(request.input(MASK))) : Optional.empty();
      boolean added = mask.isPresent() && !mask.get().bool();
      softmax = kernels.softmax(new SoftmaxSpec(scale, added, true));
      moves = kernels.moves();
      rows = Math.min(q.length, QUERIES);
      scoreShape = new MatrixShape(rows, k.length, q.size);
      valueShape = new MatrixShape(rows, v.size, v.length);
      scoreTile = kernels.bestTile(rows, scoreShape.columnBlocks());
      valueTile = kernels.bestTile(rows, valueShape.columnBlocks());
      Arena arena = Arena.ofAuto();
      scores = new PackedMatrixProduct(
          kernels, scoreShape, scoreTile, q.rowBytes(), k.length * Float.BYTES, Epilogue.NONE, arena);
      weighted = new PackedMatrixProduct(
          kernels, valueShape, valueTile, v.length * Float.BYTES, y.rowBytes(), Epilogue.NONE, arena);
      int blocks = Math.max(scoreShape.columnBlocks(), valueShape.columnBlocks());
      noBias = arena.allocate((long) blocks * Memory.VECTOR_BYTES, Memory.ALIGNMENT);
      keyBytes = Memory.roundUp(PackedMatrixProduct.packedBytes(scoreShape), Memory.ALIGNMENT);
      valueBytes = Memory.roundUp(PackedMatrixProduct.packedBytes(valueShape), Memory.ALIGNMENT);
      scoreBytes = Memory.roundUp((long) rows * k.length * Float.BYTES, Memory.ALIGNMENT);
    }

    @Override
    public long workspaceBytes() {
      return pool.threads() * workerBytes();
    }

    private long workerBytes() {
      return keyBytes + valueBytes + scoreBytes;
    }

    /** Addresses of one run. */
    private record Addresses(long q, long k, long v, long mask, long y) {}

    @Override
    public void run(KernelArguments arguments) {
      Addresses at = new Addresses(
          Memory.address(arguments.input(0), q.bytes(), "Q"),
          Memory.address(arguments.input(1), k.bytes(), "K"),
          Memory.address(arguments.input(2), v.bytes(), "V"),
          mask.isPresent() ? Memory.address(arguments.input(MASK), mask.get().bytes(), "mask") : 0,
          Memory.address(arguments.output(), y.bytes(), "output"));
      long scratch = arguments.workspace().address();
      pool.run(
          q.batch * q.count, (unit, worker) -> head(at, unit / q.count, unit % q.count, scratch + worker * workerBytes()));
    }

    private void head(Addresses at, int sequence, int head, long scratch) {
      int source = head / (q.count / k.count);
      long keys = scratch;
      long values = keys + keyBytes;
      PackedMatrixProduct.pack(
          moves, scoreShape, scoreTile, at.k + k.offset(sequence, source), Float.BYTES, k.rowBytes(), keys);
      PackedMatrixProduct.pack(
          moves, valueShape, valueTile, at.v + v.offset(sequence, source), v.rowBytes(), Float.BYTES, values);
      for (int first = 0; first < q.length; first += rows) {
        // The last queries may overlap those before them.
        queries(at, sequence, head, Math.min(first, q.length - rows), keys, values, values + valueBytes);
      }
    }

    private void queries(Addresses at, int sequence, int head, int first, long keys, long values, long weights) {
      long from = at.q + q.offset(sequence, head) + (long) first * q.rowBytes();
      multiply(scores, from, keys, weights);
      if (mask.isPresent() && mask.get().bool()) {
        close(at, sequence, head, first, weights);
      }
      weigh(at, sequence, head, first, weights);
      multiply(weighted, weights, values, at.y + y.offset(sequence, head) + (long) first * y.rowBytes());
    }

    private void multiply(PackedMatrixProduct product, long left, long right, long output) {
      TiledProduct.Operands operands =
          new TiledProduct.Operands(left, right, noBias.address(), 0, 0, 0, output);
      for (int unit = 0; unit < product.units(1); unit++) {
        product.run(operands, unit, 1);
      }
    }

    /** Scores of some queries to weights, in place; zeros where the mask leaves nothing. */
    private void weigh(Addresses at, int sequence, int head, int first, long weights) {
      long rowBytes = (long) k.length * Float.BYTES;
      boolean added = mask.isPresent() && !mask.get().bool();
      if (!causal) {
        long row = mask.isEmpty() ? 0 : mask.get().row(at.mask, sequence, head, first);
        long stride = mask.isEmpty() ? 0 : mask.get().query * Float.BYTES;
        softmax.run(weights, weights, rowBytes, k.length, rows, added ? row : 0, added ? stride : 0);
        return;
      }
      for (int i = 0; i < rows; i++) {
        int visible = Math.min(first + i + 1, k.length);
        long row = added ? mask.get().row(at.mask, sequence, head, first + i) : 0;
        long line = weights + i * rowBytes;
        softmax.run(line, line, rowBytes, visible, 1, row, 0);
        Memory.clear(line + (long) visible * Float.BYTES, rowBytes - (long) visible * Float.BYTES);
      }
    }

    /** Gives what a mask of bool has false the lowest score. */
    private void close(Addresses at, int sequence, int head, int first, long weights) {
      float lowest = scale < 0 ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY;
      for (int i = 0; i < rows; i++) {
        long open = mask.orElseThrow().row(at.mask, sequence, head, first + i);
        for (int key = 0; key < k.length; key++) {
          if (Bytes.get(open + key) == 0) {
            Memory.set(weights + ((long) i * k.length + key) * Float.BYTES, lowest);
          }
        }
      }
    }
  }
}
