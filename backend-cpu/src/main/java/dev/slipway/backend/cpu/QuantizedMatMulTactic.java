package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.QuantizedMatMul;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Products of matrices of bytes with a constant right one: {@link ByteMatrixProduct}. */
final class QuantizedMatMulTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.matmul_u8s8_packed", 1);

  private final WorkerPool pool;
  private final ByteKernels kernels;

  QuantizedMatMulTactic(WorkerPool pool, ByteKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<ByteGroup> group = ByteGroup.of(request);
    if (group.isEmpty() || !(group.get().anchor() instanceof QuantizedMatMul)) {
      return Requests.unsupported("no product of matrices of bytes with elementwise operators behind it");
    }
    if (request.input(0).shape().rank() < 2 || request.input(1).shape().rank() != 2) {
      return Requests.unsupported("shapes " + request.input(0) + " x " + request.input(1)
          + " (expected: rank 2 at least, one right matrix)");
    }
    Optional<String> refusal = ByteRequests.productRefusal(request, group.get()).or(() -> Contiguous.blocked(request));
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    MatrixShape shape = shape(request);
    if (group.get().hasSide() && !ByteMatrixProduct.takesSide(shape)) {
      return Requests.unsupported("an epilogue input beside " + shape.columns() + " columns (expected: a multiple of "
          + ChannelBytes.BLOCK + ")");
    }
    double micros = kernels.micros(ByteMatrixProduct.grid(shape), group.get().epilogue());
    return new Support.Supported(micros / pool.threads());
  }

  static MatrixShape shape(KernelRequest request) {
    int[] right = Requests.dims(request.input(1));
    int rows = Math.toIntExact(Requests.elements(request.output()) / right[1]);
    return new MatrixShape(rows, right[1], right[0]);
  }

  @Override
  public List<TuningChoice> choices(KernelRequest request) {
    ByteEpilogue epilogue = ByteGroup.of(request).orElseThrow().epilogue();
    return kernels.tiles(ByteMatrixProduct.grid(shape(request)), epilogue).stream()
        .map(tile -> TuningChoice.of(Map.of("pixels", tile.pixels(), "blocks", tile.blocks())))
        .toList();
  }

  @Override
  public boolean warmsUp() {
    return kernels.products().isEmpty();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    ByteGroup group = ByteGroup.of(request).orElseThrow();
    MatrixShape shape = shape(request);
    // A profile's smaller shape may have fewer rows than the tuned one.
    TileShape tile = new TileShape(Math.min(choice.get("pixels"), shape.rows()), choice.get("blocks"));
    ByteWeights format = kernels.weights(shape.columns(), tile.blocks());
    Tensor right = request.constant(1).orElseThrow();
    MemorySegment weights = constants.pack(
        1,
        format.format("matmul"),
        format.bytes(ByteMatrixProduct.steps(shape)),
        to -> ByteMatrixProduct.packWeights(shape, ByteMatrixProduct.steps(shape), format, right.data(), to));
    ByteMatrix product = new ByteMatrixProduct(pool, kernels, shape, tile, group, Arena.ofAuto());
    return ByteMatrixKernel.of(request, product, weights, constants);
  }
}
