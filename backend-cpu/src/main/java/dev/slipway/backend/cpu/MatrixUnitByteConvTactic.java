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

/** Convolution of bytes on AMX: {@link MatrixUnitConvolution}. Its results have the bits of all other kernels. */
final class MatrixUnitByteConvTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.conv_u8s8_amx", 1);

  private final WorkerPool pool;
  private final ByteKernels kernels;
  private final QuantizedConvTactic other;

  MatrixUnitByteConvTactic(WorkerPool pool, ByteKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
    other = new QuantizedConvTactic(pool, kernels);
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
        long groups = ByteGroup.of(request).orElseThrow().conv().group();
        yield groups == 1
            ? new Support.Supported(1 + micros * MatrixUnit.HANDICAP)
            : Requests.unsupported("group " + groups + " (expected: 1)");
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
    ConvShape shape = QuantizedConvTactic.shape(request, group.conv());
    ByteWeights format = MatrixUnitPanels.weights(shape.outChannels());
    Tensor w = request.constant(1).orElseThrow();
    MemorySegment weights = constants.pack(
        1,
        format.format("conv-rows"),
        format.bytes(MatrixUnitConvolution.steps(shape)),
        to -> MatrixUnitConvolution.packWeights(shape, format, w.data(), to));
    return new ByteImageKernel(
        pool, request, new MatrixUnitConvolution(kernels, shape, pool.threads(), group), weights, constants);
  }
}
