package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.GlobalMaxPool;
import dev.slipway.tensor.TensorType;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/** Maximum of each plane of a blocked activation, NaN where it has one. */
final class GlobalMaxPoolTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.globalmaxpool_f32_blocked", 1);

  private final WorkerPool pool;

  GlobalMaxPoolTactic(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof GlobalMaxPool)) {
      return Requests.unsupported("no global maximum pooling");
    }
    Optional<String> type = Requests.notFloat32(request);
    if (type.isPresent()) {
      return Requests.unsupported(type.get());
    }
    TensorType in = request.input(0);
    if (!Requests.isOwnLayout(in) || !Requests.isOwnLayout(request.output())) {
      return Requests.unsupported("layouts " + in.layout() + " to " + request.output().layout()
          + " (expected: contiguous or " + Requests.BLOCKED + ")");
    }
    if (Requests.elements(in) == 0) {
      return Requests.unsupported("empty activations");
    }
    double copied = Requests.isBlocked(in) ? 0 : Requests.elements(in);
    return new Support.Supported((copied + Requests.elements(in) / 8.0) / 1000 / pool.threads());
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    BlockedOperand input = BlockedOperand.of(request.input(0), 0);
    BlockedOperand output = BlockedOperand.of(request.output(), input.workspaceBytes());
    int spatial = input.reorder().spatial();
    int planes = input.reorder().batch() * Math.ceilDiv(input.reorder().channels(), Memory.LANES);
    return new Kernel() {
      @Override
      public long workspaceBytes() {
        return input.workspaceBytes() + output.workspaceBytes();
      }

      @Override
      public void run(KernelArguments arguments) {
        long from = input.read(pool, arguments.input(0).address(), arguments);
        long to = output.target(arguments.output().address(), arguments);
        pool.run(
            planes,
            (plane, worker) -> {
              long source = from + (long) plane * spatial * Memory.VECTOR_BYTES;
              long target = to + (long) plane * Memory.VECTOR_BYTES;
              max(source, spatial, target);
            });
        output.write(pool, arguments.output().address(), arguments);
      }
    };
  }

  private static void max(long from, int count, long to) {
    FloatVector a = FloatVector.broadcast(Memory.SPECIES, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < count; i++) {
      a = a.max(Memory.load(from + (long) i * Memory.VECTOR_BYTES));
    }
    Memory.store(a, to);
  }
}
