package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Resize;
import dev.slipway.operators.ResizedAxis;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** Resize of one or two spatial axes in every mode, float32, contiguous or blocked: {@link Resampling}. */
final class ResizeTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.resize_f32", 1);
  private static final int SCALES = 2;
  private static final int SIZES = 3;
  private static final double NANOS_PER_TAP = 0.1;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  ResizeTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof Resize resize)) {
      return Requests.unsupported("operator " + request.op().schema().name() + " (expected: Resize)");
    }
    TensorType in = request.input(0);
    TensorType out = request.output();
    int rank = in.shape().rank();
    if (in.dtype() != DType.FLOAT32 || !in.layout().equals(out.layout())
        || !Requests.isOwnLayout(in) || rank != 3 && rank != 4) {
      return Requests.unsupported(in + " to " + out + " (expected: float32 of rank 3 or 4 in one layout)");
    }
    Optional<String> unknown = unknown(request, resize);
    if (unknown.isPresent()) {
      return Requests.unsupported(unknown.get());
    }
    if (Requests.elements(in) == 0 || Requests.elements(out) == 0) {
      return Requests.unsupported("empty activations");
    }
    List<ResizedAxis> axes = axes(request);
    if (!axes.get(0).isIdentity(resize) || !axes.get(1).isIdentity(resize)) {
      return Requests.unsupported(in.shape() + " to " + out.shape() + " (expected: the same batch and channels)");
    }
    int down = taps(resize, axes.get(rank - 2));
    int across = taps(resize, axes.get(rank - 1));
    if (Math.max(down, across) > BlendKernel.MAX_TAPS) {
      return Requests.unsupported(
          "taps " + down + "x" + across + " (expected: at most " + BlendKernel.MAX_TAPS + " along each axis)");
    }
    return new Support.Supported(
        1 + Requests.elements(out) * (down + across) * NANOS_PER_TAP / 1000 / pool.threads());
  }

  /** Why positions cannot be computed ahead of the run. */
  private static Optional<String> unknown(KernelRequest request, Resize resize) {
    if (resize.coordinates() == Resize.Coordinates.TF_CROP_AND_RESIZE) {
      return Optional.of("coordinates " + resize.coordinates() + " (expected: the whole input)");
    }
    boolean scaled = request.has(SCALES) && Requests.elements(request.input(SCALES)) > 0;
    boolean kept = resize.aspectRatioPolicy() != Resize.AspectRatioPolicy.STRETCH;
    if (scaled && request.constant(SCALES).isEmpty() || !scaled && kept && request.constant(SIZES).isEmpty()) {
      return Optional.of("scales or sizes that are computed (expected: constants)");
    }
    return Optional.empty();
  }

  private static List<ResizedAxis> axes(KernelRequest request) {
    Resize resize = (Resize) request.op();
    long[] from = request.input(0).shape().known();
    return resize.axes(from, request.output().shape().known(), request::constant);
  }

  private static int taps(Resize resize, ResizedAxis axis) {
    return axis.taps(resize).getFirst().orElseThrow().indices().length;
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return new Resampling(pool, kernels, request, axes(request));
  }
}
