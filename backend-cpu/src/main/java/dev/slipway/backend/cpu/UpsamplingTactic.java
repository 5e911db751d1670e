package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.ConvTranspose;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** Transposed convolution whose windows touch and do not overlap, as for upsampling. */
final class UpsamplingTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.upsample_f32_blocked", 2);
  private static final int CHANNEL_AXIS = 1;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  UpsamplingTactic(WorkerPool pool, MicroKernels kernels) {
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
    if (found.isEmpty() || !(found.get().anchor() instanceof ConvTranspose op)) {
      return Requests.unsupported("no transposed convolution with elementwise operators behind it");
    }
    AnchoredGroup group = found.get();
    Optional<String> type = Requests.notFloat32(request);
    if (type.isPresent()) {
      return Requests.unsupported(type.get());
    }
    TensorType in = request.input(group.port(0));
    TensorType out = request.output();
    if (!Requests.isOwnLayout(in) || !Requests.isOwnLayout(out) || in.shape().rank() != 4) {
      return Requests.unsupported(in + " to " + out + " (expected: rank 4, contiguous or " + Requests.BLOCKED + ")");
    }
    if (request.constant(group.port(1)).isEmpty()
        || group.port(2) >= 0 && request.constant(group.port(2)).isEmpty()
        || group.port(2) >= 0 && group.biasPort() >= 0) {
      return Requests.unsupported("weights or bias that are computed (expected: constants, one bias)");
    }
    int[] x = Requests.dims(in);
    int[] y = Requests.dims(out);
    if (Requests.isBlocked(out) && hasFewChannels(y[CHANNEL_AXIS])) {
      return Requests.unsupported(y[CHANNEL_AXIS] + " channels, blocked (expected: contiguous)");
    }
    int[] w = Requests.dims(request.input(group.port(1)));
    SpatialWindow window = op.window();
    boolean touching = window.strides().equals(List.of((long) w[2], (long) w[3]))
        && y[2] == x[2] * w[2]
        && y[3] == x[3] * w[3]
        && window.pads().stream().allMatch(pad -> pad == 0)
        && window.dilations().stream().allMatch(dilation -> dilation == 1);
    if (!touching || op.group() != 1) {
      return Requests.unsupported("window " + window + ", group " + op.group()
          + " (expected: strides as the kernel, no pads, no dilation, group 1)");
    }
    if (Requests.elements(in) == 0 || Requests.elements(out) == 0) {
      return Requests.unsupported("empty activations");
    }
    Optional<Epilogue> epilogue = group.epilogue(request, CHANNEL_AXIS);
    if (epilogue.isEmpty()) {
      return Requests.unsupported(group.refusal(request, CHANNEL_AXIS));
    }
    if (x[0] > 1 && ConvTactic.variesByImage(request, group, epilogue.get())) {
      return Requests.unsupported("a computed epilogue input for each channel, batch " + x[0] + " (expected: 1)");
    }
    double fmas = (double) Requests.elements(out) * x[1];
    return new Support.Supported(fmas / (Memory.LANES * 2000.0) / pool.threads());
  }

  /** Whether blocks of so many channels would be mostly padding. */
  static boolean hasFewChannels(long channels) {
    return channels <= Memory.LANES / 2;
  }

  @Override
  public boolean warmsUp() {
    return kernels.warmUp();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return Requests.isBlocked(request.output())
        ? new BlockedUpsampling(pool, kernels, request, constants)
        : new PlainUpsampling(pool, kernels, request, constants);
  }
}
