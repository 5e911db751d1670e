package dev.slipway.quantization;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Op;
import dev.slipway.operators.Fused;
import dev.slipway.testkit.ForwardingBackend;
import dev.slipway.testkit.ForwardingTactic;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** A backend whose kernels for one operator, alone or in a group, take milliseconds more. */
final class SlowedBackend extends ForwardingBackend {
  private static final long DELAY_NANOS = 2_000_000;

  private final Class<? extends Op> slowed;

  SlowedBackend(Backend backend, Class<? extends Op> slowed) {
    super(backend);
    this.slowed = slowed;
  }

  @Override
  public List<Tactic> tactics() {
    return backend.tactics().stream().<Tactic>map(Slowed::new).toList();
  }

  private boolean isSlowed(Op op) {
    return slowed.isInstance(op)
        || op instanceof Fused(var body) && body.nodes().stream().anyMatch(node -> slowed.isInstance(node.op()));
  }

  private final class Slowed extends ForwardingTactic {
    Slowed(Tactic tactic) {
      super(tactic);
    }

    @Override
    public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
      Kernel kernel = super.build(request, choice, constants);
      return isSlowed(request.op()) ? new Delayed(kernel) : kernel;
    }
  }

  private record Delayed(Kernel kernel) implements Kernel {
    @Override
    public long workspaceBytes() {
      return kernel.workspaceBytes();
    }

    @Override
    public void run(KernelArguments arguments) {
      kernel.run(arguments);
      long end = System.nanoTime() + DELAY_NANOS;
      while (System.nanoTime() < end) {
        LockSupport.parkNanos(end - System.nanoTime());
      }
    }
  }
}
