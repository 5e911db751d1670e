package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Reorder;
import dev.slipway.tensor.TensorType;
import java.util.Optional;

/** Copies between contiguous and blocked activations: {@link BlockedReorder}. */
final class ReorderTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.reorder_f32", 1);

  private final WorkerPool pool;

  ReorderTactic(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof Reorder)) {
      return Requests.unsupported("no reorder");
    }
    Optional<String> type = Requests.notFloat32(request);
    if (type.isPresent()) {
      return Requests.unsupported(type.get());
    }
    TensorType in = request.input(0);
    TensorType out = request.output();
    if (!Requests.isOwnLayout(in) || !Requests.isOwnLayout(out) || in.layout().equals(out.layout())) {
      return Requests.unsupported(
          "layouts " + in.layout() + " to " + out.layout() + " (expected: contiguous to " + Requests.BLOCKED
              + " or back)");
    }
    return new Support.Supported(Requests.elements(out) / 1000.0 / pool.threads());
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    boolean toBlocked = Requests.isBlocked(request.output());
    BlockedReorder reorder = BlockedOperand.of(request.input(0), 0).reorder();
    return (KernelArguments arguments) -> {
      long from = arguments.input(0).address();
      long to = arguments.output().address();
      if (toBlocked) {
        reorder.toBlocked(pool, from, to);
      } else {
        reorder.toPlain(pool, from, to);
      }
    };
  }
}
