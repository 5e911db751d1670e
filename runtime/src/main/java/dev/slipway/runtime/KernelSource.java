package dev.slipway.runtime;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Plan;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/** Makes the kernel of a node: by the tactic that the plan names where it serves this shape, else by prediction. */
final class KernelSource {

  /** A kernel and the tactic that made it. */
  record Made(TacticId tactic, Kernel kernel) {}

  private final Backend backend;
  private final Map<String, Plan.Choice> choices;
  private final ConstantMemory constants;

  KernelSource(Backend backend, Map<String, Plan.Choice> choices, ConstantMemory constants) {
    this.backend = backend;
    this.choices = choices;
    this.constants = constants;
  }

  Backend backend() {
    return backend;
  }

  /** A kernel for a node of these types; empty where no tactic takes it. */
  Optional<Made> kernel(String node, KernelRequest request) {
    PackedConstants packed = constants.of(node);
    Plan.Choice planned = choices.get(node);
    if (planned != null) {
      for (Tactic tactic : backend.tactics()) {
        if (tactic.id().equals(planned.tactic()) && tactic.supports(request) instanceof Support.Supported) {
          return Optional.of(made(tactic, request, planned.tuning(), packed));
        }
      }
    }
    Tactic best = null;
    double bestMicros = Double.POSITIVE_INFINITY;
    for (Tactic tactic : backend.tactics()) {
      if (tactic.supports(request) instanceof Support.Supported(double micros) && micros < bestMicros) {
        best = tactic;
        bestMicros = micros;
      }
    }
    return best == null
        ? Optional.empty()
        : Optional.of(made(best, request, best.choices(request).getFirst(), packed));
  }

  /** Why no tactic takes a request. */
  String refusal(KernelRequest request) {
    List<Tactic> tactics = backend.tactics();
    StringJoiner reasons = new StringJoiner("; ");
    for (Tactic tactic : tactics) {
      if (tactic.supports(request) instanceof Support.Unsupported(String reason)) {
        reasons.add(tactic.id().name() + ": " + reason);
      }
    }
    return tactics.isEmpty() ? "backend " + backend.name() + " has no kernels" : reasons.toString();
  }

  private static Made made(Tactic tactic, KernelRequest request, TuningChoice choice, PackedConstants packed) {
    return new Made(tactic.id(), tactic.build(request, choice, packed));
  }
}
