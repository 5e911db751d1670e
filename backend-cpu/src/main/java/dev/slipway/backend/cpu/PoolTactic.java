package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Op;
import dev.slipway.operators.AveragePool;
import dev.slipway.operators.MaxPool;
import dev.slipway.operators.SpatialWindow;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Maximum and average pooling over windows: {@link BlockedWindow}. */
final class PoolTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.pool_f32_blocked", 1);
  private static final int CHANNEL_AXIS = 1;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  PoolTactic(WorkerPool pool, MicroKernels kernels) {
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
    if (found.isEmpty() || window(found.get().anchor()).isEmpty()) {
      return Requests.unsupported("no pooling with elementwise operators behind it, or its indices are wanted");
    }
    AnchoredGroup group = found.get();
    SpatialWindow window = window(group.anchor()).get();
    int rank = request.input(group.port(0)).shape().rank();
    if (rank != 3 && rank != 4) {
      return Requests.unsupported("rank " + rank + " (expected: 3 or 4)");
    }
    if (group.anchor() instanceof AveragePool average && average.countIncludePad() && window.ceilMode()) {
      return Requests.unsupported("ceil_mode with count_include_pad (expected: one of them)");
    }
    return WindowKernelAdapter.supports(request, group, shape(request, group), pool.threads());
  }

  private static Optional<SpatialWindow> window(Op anchor) {
    return switch (anchor) {
      case MaxPool max -> Optional.of(max.window());
      case AveragePool average -> Optional.of(average.window());
      default -> Optional.empty();
    };
  }

  private static ConvShape shape(KernelRequest request, AnchoredGroup group) {
    SpatialWindow window = window(group.anchor()).orElseThrow();
    int channels = Requests.dims(request.output())[CHANNEL_AXIS];
    return Requests.convShape(request.input(group.port(0)), request.output(), window, channels);
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
    Epilogue epilogue = group.epilogue(request, CHANNEL_AXIS).orElseThrow();
    WindowSpec.Reduction reduction =
        group.anchor() instanceof MaxPool ? WindowSpec.Reduction.MAX : WindowSpec.Reduction.MEAN;
    boolean countPadding = group.anchor() instanceof AveragePool average && average.countIncludePad();
    BlockedWindow window =
        new BlockedWindow(kernels, new WindowSpec(shape(request, group), reduction, countPadding, epilogue, Memory.LANES));
    return new WindowKernelAdapter(
        pool, request, group, epilogue, window, MemorySegment.NULL, MemorySegment.NULL, constants);
  }
}
