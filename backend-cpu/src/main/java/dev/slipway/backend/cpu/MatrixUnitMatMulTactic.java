package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Products of matrices of bytes on AMX: {@link MatrixUnitProduct}. Its results have the bits of all other kernels. */
final class MatrixUnitMatMulTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.matmul_u8s8_amx", 1);

  private final WorkerPool pool;
  private final ByteKernels kernels;
  private final QuantizedMatMulTactic other;

  MatrixUnitMatMulTactic(WorkerPool pool, ByteKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
    other = new QuantizedMatMulTactic(pool, kernels);
  }

  @Override
  public TacticId id() {
    return ID;
  }

  /** Predicted slower than the other tactic, since its rate is not the processor's alone: see {@link #handicap}. */
  @Override
  public Support supports(KernelRequest request) {
    Optional<String> unavailable = MatrixUnit.unavailableForBytes();
    if (unavailable.isPresent()) {
      return Requests.unsupported(unavailable.get());
    }
    return switch (other.supports(request)) {
      case Support.Unsupported refused -> refused;
      case Support.Supported(double micros) -> {
        MatrixShape shape = QuantizedMatMulTactic.shape(request);
        yield shape.columns() % ChannelBytes.BLOCK == 0
            ? new Support.Supported(1 + micros * MatrixUnit.HANDICAP)
            : Requests.unsupported(shape.columns() + " columns (expected: a multiple of " + ChannelBytes.BLOCK + ")");
      }
    };
  }

  @Override
  public boolean warmsUp() {
    return false;
  }

  @Override
  public double handicap() {
    return MatrixUnit.HANDICAP;
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    ByteGroup group = ByteGroup.of(request).orElseThrow();
    MatrixShape shape = QuantizedMatMulTactic.shape(request);
    ByteWeights format = MatrixUnitPanels.weights(shape.columns());
    Tensor right = request.constant(1).orElseThrow();
    MemorySegment weights = constants.pack(
        1,
        format.format("matmul"),
        format.bytes(MatrixUnitProduct.steps(shape)),
        to -> ByteMatrixProduct.packWeights(shape, MatrixUnitProduct.steps(shape), format, right.data(), to));
    ByteMatrix product = new MatrixUnitProduct(pool, kernels, shape, group);
    return ByteMatrixKernel.of(request, product, weights, constants);
  }
}
