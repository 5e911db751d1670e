package dev.slipway.backend.cuda;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import java.util.Optional;

/** Elementwise operators and chains of them, with any broadcasting. */
final class PointwiseTactic extends CudaTactic {
  private static final String KERNEL = "pointwise";

  PointwiseTactic(CudaDevice device) {
    super("cuda.pointwise", 1, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<FusedGroup> group = FusedGroup.of(request);
    if (group.isEmpty() || group.get().anchor().isPresent()) {
      return Requests.operator(request, "elementwise ones");
    }
    Optional<String> refusal = Requests.notReal(request);
    return refusal.isPresent()
        ? Requests.unsupported(refusal.get())
        : new Support.Supported(Requests.movementMicros(request));
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    FusedGroup group = FusedGroup.of(request).orElseThrow();
    return device.kernel(new ElementSource(KERNEL, request, Optional.empty(), group.epilogue()));
  }
}
