package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Op;
import dev.slipway.operators.Gemm;
import dev.slipway.operators.MatMul;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Matrix products with a constant right matrix, packed once: MatMul and Gemm, {@link PackedMatrixProduct}. */
final class MatMulTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.matmul_f32_packed", 2);
  private static final int CHANNEL_AXIS = -1;

  /** Bytes of weights that a core gets in a microsecond from its second-level cache, and from further away. */
  private static final double NEAR_BYTES_PER_MICRO = 40_000;

  private static final double FAR_BYTES_PER_MICRO = 14_000;

  /** Bytes of weights that may be in the second-level cache when their turn comes. */
  private static final long NEAR_BYTES = 1 << 20;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  MatMulTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<AnchoredGroup> found = AnchoredGroup.of(request, CHANNEL_AXIS);
    if (found.isEmpty() || !isProduct(found.get().anchor())) {
      return Requests.unsupported("no matrix product with elementwise operators behind it");
    }
    AnchoredGroup group = found.get();
    Optional<String> type = Requests.notFloat32(request);
    if (type.isPresent()) {
      return Requests.unsupported(type.get());
    }
    if (request.constant(group.port(1)).isEmpty()) {
      return Requests.unsupported("right matrix that is computed (expected: a constant)");
    }
    TensorType left = request.input(group.port(0));
    int[] right = Requests.dims(request.input(group.port(1)));
    if (left.shape().rank() < 2 || right.length < 2
        || Requests.elements(request.input(group.port(1)))
            != (long) right[right.length - 1] * right[right.length - 2]) {
      return Requests.unsupported("shapes " + left + " x " + request.input(group.port(1))
          + " (expected: rank 2 at least, one right matrix)");
    }
    if (!left.layout().equals(Layout.CONTIGUOUS) || !request.output().layout().equals(Layout.CONTIGUOUS)) {
      return Requests.unsupported("layouts " + left.layout() + " to " + request.output().layout()
          + " (expected: contiguous)");
    }
    if (group.anchor() instanceof Gemm gemm) {
      boolean bias = group.port(2) < 0
          || group.biasPort() < 0
              && request.constant(group.port(2)).isPresent()
              && AnchoredGroup.isPerChannel(request.input(group.port(2)), request.output(), CHANNEL_AXIS);
      if (gemm.transA() || !bias) {
        return Requests.unsupported("transposed left matrix or computed C (expected: transA=0, C one constant row)");
      }
    }
    if (Requests.elements(left) == 0 || Requests.elements(request.output()) == 0) {
      return Requests.unsupported("empty matrices");
    }
    Optional<Epilogue> epilogue = group.epilogue(request, CHANNEL_AXIS);
    if (epilogue.isEmpty()) {
      return Requests.unsupported(group.refusal(request, CHANNEL_AXIS));
    }
    MatrixShape shape = shape(request, group);
    int slices = DeepMatrixProduct.slices(shape, epilogue.get());
    double micros = slices * kernels.micros(DeepMatrixProduct.grid(shape, epilogue.get()));
    return new Support.Supported(Math.max(micros, arrivalMicros(shape)) / pool.threads());
  }

  /** Weights arrive while others are used; with few rows that takes longer than to use them. */
  private static double arrivalMicros(MatrixShape shape) {
    long bytes = PackedMatrixProduct.packedBytes(shape);
    return bytes / (bytes <= NEAR_BYTES ? NEAR_BYTES_PER_MICRO : FAR_BYTES_PER_MICRO);
  }

  private static boolean isProduct(Op op) {
    return op instanceof MatMul || op instanceof Gemm;
  }

  static boolean isTransposed(AnchoredGroup group) {
    return group.anchor() instanceof Gemm gemm && gemm.transB();
  }

  static MatrixShape shape(KernelRequest request, AnchoredGroup group) {
    int[] left = Requests.dims(request.input(group.port(0)));
    int[] out = Requests.dims(request.output());
    int depth = left[left.length - 1];
    int columns = out[out.length - 1];
    return new MatrixShape(Math.toIntExact(Requests.elements(request.output()) / columns), columns, depth);
  }

  @Override
  public List<TuningChoice> choices(KernelRequest request) {
    AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
    Epilogue epilogue = group.epilogue(request, CHANNEL_AXIS).orElseThrow();
    return kernels.tileChoices(DeepMatrixProduct.grid(shape(request, group), epilogue)).stream()
        .map(tile -> TuningChoice.of(Map.of("pixels", tile.pixels(), "blocks", tile.blocks())))
        .toList();
  }

  @Override
  public boolean warmsUp() {
    return kernels.warmUp();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
    Epilogue epilogue = group.epilogue(request, CHANNEL_AXIS).orElseThrow();
    MatrixShape shape = shape(request, group);
    // A profile's smaller shape may have fewer rows than the tuned one.
    TileShape tile = new TileShape(Math.min(choice.get("pixels"), shape.rows()), choice.get("blocks"));
    Tensor right = request.constant(group.port(1)).orElseThrow();
    boolean transposed = isTransposed(group);
    float alpha = group.anchor() instanceof Gemm gemm ? gemm.alpha() : 1;
    int slices = DeepMatrixProduct.slices(shape, epilogue);
    MemorySegment weights = constants.pack(
        group.port(1),
        "gemm-" + Memory.LANES + "-" + tile.blocks() + (slices == 1 ? "" : "-of-" + slices),
        PackedMatrixProduct.packedBytes(shape),
        to -> packWeights(kernels.moves(), shape, slices, tile, right, transposed, alpha, to));
    MemorySegment bias = bias(request, group, shape, constants);
    DeepMatrixProduct product = new DeepMatrixProduct(kernels, shape, tile, epilogue, Arena.ofAuto());
    SideOperands sides = new SideOperands(request, group, epilogue, constants, shape.columnBlocks(), false, 0);
    return new Product(product, group.port(0), weights, bias, sides, pool);
  }

  private record Product(
      DeepMatrixProduct product, int left, MemorySegment weights, MemorySegment bias, SideOperands sides,
      WorkerPool pool)
      implements Kernel {

    @Override
    public long workspaceBytes() {
      return product.workspaceBytes();
    }

    @Override
    public void run(KernelArguments arguments) {
      product.run(
          pool,
          new TiledProduct.Operands(
              arguments.input(left).address(),
              weights.address(),
              bias.address(),
              sides.address(0, pool, arguments),
              sides.address(1, pool, arguments),
              sides.address(2, pool, arguments),
              arguments.output().address()),
          arguments.workspace().address());
    }
  }

  private static void packWeights(
      MatrixMoves moves,
      MatrixShape s,
      int slices,
      TileShape tile,
      Tensor right,
      boolean transposed,
      float alpha,
      MemorySegment to) {
    long depthStride = (long) Float.BYTES * (transposed ? 1 : s.columns());
    long columnStride = (long) Float.BYTES * (transposed ? s.depth() : 1);
    long from = Memory.address(right.data(), right.type().bytes(), "right matrix");
    DeepMatrixProduct.pack(moves, s, slices, tile, from, depthStride, columnStride, to.address());
    scale(to, alpha);
  }

  private static void scale(MemorySegment floats, float factor) {
    for (long i = 0; factor != 1 && i < floats.byteSize() / Float.BYTES; i++) {
      floats.setAtIndex(Memory.FLOAT, i, floats.getAtIndex(Memory.FLOAT, i) * factor);
    }
  }

  private static MemorySegment bias(
      KernelRequest request, AnchoredGroup group, MatrixShape shape, PackedConstants constants) {
    if (group.biasPort() >= 0) {
      return Requests.channels(request, group.biasPort(), constants, shape.columnBlocks());
    }
    long bytes = (long) shape.columnBlocks() * Memory.VECTOR_BYTES;
    if (!(group.anchor() instanceof Gemm gemm) || group.port(2) < 0) {
      return Arena.ofAuto().allocate(bytes, Memory.ALIGNMENT);
    }
    Tensor c = request.constant(group.port(2)).orElseThrow();
    return constants.pack(group.port(2), "gemm-bias-" + Memory.LANES, bytes, to -> {
      MemorySegment.copy(c.data(), 0, to, 0, c.elementCount() * Float.BYTES);
      scale(to, gemm.beta());
    });
  }
}
