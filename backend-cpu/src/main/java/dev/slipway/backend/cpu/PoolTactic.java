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
import dev.slipway.operators.GlobalAveragePool;
import dev.slipway.operators.MaxPool;
import java.lang.foreign.MemorySegment;
import dev.slipway.tensor.TensorType;
import java.util.Optional;

/** Maximum and average pooling over windows, average pooling over planes: {@link BlockedWindow}. */
final class PoolTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.pool_f32_blocked", 2);
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
    if (found.isEmpty() || !isPooling(found.get().anchor())) {
      return Requests.unsupported("no pooling with elementwise operators behind it, or its indices are wanted");
    }
    AnchoredGroup group = found.get();
    int rank = request.input(group.port(0)).shape().rank();
    if (rank != 3 && rank != 4) {
      return Requests.unsupported("rank " + rank + " (expected: 3 or 4)");
    }
    if (group.anchor() instanceof AveragePool average && average.countIncludePad() && average.window().ceilMode()) {
      return Requests.unsupported("ceil_mode with count_include_pad (expected: one of them)");
    }
    return WindowKernelAdapter.supports(request, group, shape(request, group), pool.threads());
  }

  private static boolean isPooling(Op anchor) {
    return anchor instanceof MaxPool || anchor instanceof AveragePool || anchor instanceof GlobalAveragePool;
  }

  private static ConvShape shape(KernelRequest request, AnchoredGroup group) {
    TensorType in = request.input(group.port(0));
    int channels = Requests.dims(in)[CHANNEL_AXIS];
    return switch (group.anchor()) {
      case MaxPool max -> Requests.convShape(in, request.output(), max.window(), channels);
      case AveragePool average -> Requests.convShape(in, request.output(), average.window(), channels);
      case GlobalAveragePool _ -> plane(Requests.dims(in));
      default -> throw new IllegalArgumentException("anchor: " + group.anchor() + " (expected: a pooling)");
    };
  }

  /** A window over all of [N, C, H, W]. */
  private static ConvShape plane(int[] in) {
    int height = in.length == 3 ? 1 : in[2];
    int width = in[in.length - 1];
    return new ConvShape(in[0], in[1], height, width, in[1], height, width, 1, 1, 0, 0, 0, 0, 1, 1, in[1]);
  }

  @Override
  public boolean warmsUp() {
    return kernels.warmUp();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
    Epilogue epilogue = group.epilogue(request, CHANNEL_AXIS).orElseThrow();
    WindowSpec.Reduction reduction =
        group.anchor() instanceof MaxPool ? WindowSpec.Reduction.MAX : WindowSpec.Reduction.MEAN;
    boolean countPadding = group.anchor() instanceof AveragePool average && average.countIncludePad();
    WindowSpec spec = new WindowSpec(shape(request, group), reduction, countPadding, epilogue, Memory.LANES);
    BlockedWindow window = new BlockedWindow(kernels, spec);
    return new WindowKernelAdapter(
        pool, request, group, epilogue, window, MemorySegment.NULL, constants);
  }
}
