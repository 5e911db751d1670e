package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Gemm;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalLong;

/** The products of {@link MatMulTactic} on the matrix unit, as exact as float32 arithmetic: {@link SplitProduct}. */
final class SplitMatMulTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.matmul_f32_split", 2);
  private static final int CHANNEL_AXIS = -1;
  /** What is left where a neighbour on the same core is busy: only a measurement shows that more is to be had. */
  private static final double FMAS_PER_MICRO = 37_000;
  private static final double SPLITS_PER_MICRO = 5_000;

  private final WorkerPool pool;
  private final MicroKernels kernels;
  private final MatMulTactic other;

  SplitMatMulTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
    other = new MatMulTactic(pool, kernels);
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<String> unavailable = MatrixUnit.unavailable();
    if (unavailable.isPresent()) {
      return Requests.unsupported(unavailable.get());
    }
    if (other.supports(request) instanceof Support.Unsupported refusal) {
      return refusal;
    }
    MatrixShape shape = MatMulTactic.shape(request, AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow());
    SplitColumns right = new SplitColumns(shape.columns(), shape.depth());
    double steps = (double) right.steps() * right.panels() * SplitFormat.blocks(shape.rows());
    double fmas = steps * SplitFormat.BLOCK * SplitFormat.BLOCK * SplitFormat.STEP;
    double splits = (double) shape.rows() * shape.depth();
    return new Support.Supported(2 + (fmas / FMAS_PER_MICRO + splits / SPLITS_PER_MICRO) / pool.threads());
  }

  @Override
  public boolean warmsUp() {
    return kernels.warmUp();
  }

  @Override
  public double handicap() {
    return MatrixUnit.HANDICAP;
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
    Epilogue epilogue = group.epilogue(request, CHANNEL_AXIS).orElseThrow();
    MatrixShape shape = MatMulTactic.shape(request, group);
    SplitProduct product = new SplitProduct(kernels, shape, epilogue, pool.threads());
    MemorySegment weights = weights(request, group, product.right(), constants);
    MemorySegment bias = bias(request, group, product.right(), constants);
    SideOperands sides = new SideOperands(request, group, epilogue, constants, shape.columnBlocks(), false, 0);
    long products = (long) shape.rows() * shape.depth() * shape.columns();
    return new Product(product, products, group.port(0), weights, bias, sides, pool);
  }

  private static MemorySegment weights(
      KernelRequest request, AnchoredGroup group, SplitColumns columns, PackedConstants constants) {
    Tensor right = request.constant(group.port(1)).orElseThrow();
    boolean transposed = MatMulTactic.isTransposed(group);
    float alpha = group.anchor() instanceof Gemm gemm ? gemm.alpha() : 1;
    long depthStride = (long) Float.BYTES * (transposed ? 1 : columns.columns());
    long columnStride = (long) Float.BYTES * (transposed ? columns.depth() : 1);
    long from = AddressSpace.address(right.data(), right.type().bytes(), "right matrix");
    return constants.pack(
        group.port(1),
        "split-order",
        columns.bytes(),
        to -> columns.pack(from, depthStride, columnStride, alpha, to.address()));
  }

  /** An element for each column, whole panels. */
  private static MemorySegment bias(
      KernelRequest request, AnchoredGroup group, SplitColumns columns, PackedConstants constants) {
    long bytes = (long) columns.panels() * SplitFormat.BLOCK * Float.BYTES;
    boolean ofGemm = group.biasPort() < 0 && group.anchor() instanceof Gemm;
    int port = ofGemm ? group.port(2) : group.biasPort();
    if (port < 0) {
      return Arena.ofAuto().allocate(bytes, AddressSpace.ALIGNMENT);
    }
    float factor = ofGemm ? ((Gemm) group.anchor()).beta() : 1;
    Tensor tensor = request.constant(port).orElseThrow();
    return constants.pack(port, "split-bias", bytes, to -> {
      for (int i = 0; i < tensor.elementCount(); i++) {
        to.setAtIndex(AddressSpace.FLOAT, i, factor * (float) tensor.getDouble(i));
      }
    });
  }

  private record Product(
      SplitProduct product,
      long products,
      int left,
      MemorySegment weights,
      MemorySegment bias,
      SideOperands sides,
      WorkerPool pool)
      implements Kernel {

    @Override
    public OptionalLong flops() {
      return OptionalLong.of(2 * SplitFormat.PRODUCTS * products);
    }

    @Override
    public Optional<DType> arithmetic() {
      return Optional.of(DType.BFLOAT16);
    }

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
}
