package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Conv;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Depthwise convolution, as many outputs as inputs, constant weights: {@link BlockedWindow}. */
final class DepthwiseConvTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.dwconv_f32_blocked", 2);
  private static final int CHANNEL_AXIS = 1;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  DepthwiseConvTactic(WorkerPool pool, MicroKernels kernels) {
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
    if (found.isEmpty() || !(found.get().anchor() instanceof Conv conv)) {
      return Requests.unsupported("no convolution with elementwise operators behind it");
    }
    AnchoredGroup group = found.get();
    long channels = request.input(group.port(0)).shape().rank() > 1
        ? request.input(group.port(0)).shape().known()[1]
        : 0;
    if (conv.group() < 2 || conv.group() != channels || request.output().shape().known()[1] != channels) {
      return Requests.unsupported("group " + conv.group() + " of " + channels + " channels (expected: one for each)");
    }
    if (request.constant(group.port(1)).isEmpty()
        || group.port(2) >= 0 && request.constant(group.port(2)).isEmpty()
        || group.port(2) >= 0 && group.biasPort() >= 0) {
      return Requests.unsupported("weights or bias that are computed (expected: constants, one bias)");
    }
    return WindowKernelAdapter.supports(request, group, shape(request, group), pool.threads());
  }

  private static ConvShape shape(KernelRequest request, AnchoredGroup group) {
    Conv conv = (Conv) group.anchor();
    TensorType weights = request.input(group.port(1));
    return Requests.convShape(
        request.input(group.port(0)), request.output(), conv.window(weights.shape()), Math.toIntExact(conv.group()));
  }

  @Override
  public boolean warmsUp() {
    return kernels.warmUp();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
    ConvShape shape = shape(request, group);
    Epilogue epilogue = group.epilogue(request, CHANNEL_AXIS).orElseThrow();
    WindowSpec spec = new WindowSpec(shape, WindowSpec.Reduction.WEIGHTED_SUM, false, epilogue, Memory.LANES);
    Tensor w = request.constant(group.port(1)).orElseThrow();
    MemorySegment weights = constants.pack(
        group.port(1),
        "depthwise-" + Memory.LANES,
        BlockedWindow.packedBytes(spec),
        to -> BlockedWindow.packWeights(spec, w.data(), to));
    BlockedWindow window = new BlockedWindow(kernels, spec);
    return new WindowKernelAdapter(pool, request, group, epilogue, window, weights, constants);
  }
}
