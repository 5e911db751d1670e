package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import java.util.Optional;

/** Elementwise operators and groups of them, with broadcasting, without vectors: {@link ScalarElementwise}. */
final class ScalarPointwiseTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.scalar_pointwise_f32", 1);
  private static final int UNIT_ELEMENTS = 8_192;
  private static final double NANOS_PER_OPERATION = 1;

  private final WorkerPool pool;

  ScalarPointwiseTactic(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<FusedGroup> group = FusedGroup.of(request);
    if (group.isEmpty() || group.get().anchor().isPresent() || request.outputs().size() != 1) {
      return Requests.unsupported("not elementwise operators alone");
    }
    Optional<String> refusal = Contiguous.notFloat32(request);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    int operations = 1 + group.get().epilogue().operations();
    double nanos = Requests.elements(request.output()) * NANOS_PER_OPERATION * operations;
    return new Support.Supported(nanos / 1000 / pool.threads());
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    ScalarElementwise elementwise =
        new ScalarElementwise(request, FusedGroup.of(request).orElseThrow().epilogue());
    long elements = Requests.elements(request.output());
    int units = Math.toIntExact(Math.ceilDiv(elements, UNIT_ELEMENTS));
    return arguments -> pool.run(
        units,
        (unit, worker) -> {
          long from = (long) unit * UNIT_ELEMENTS;
          elementwise.run(arguments, from, Math.min(elements, from + UNIT_ELEMENTS));
        });
  }
}
