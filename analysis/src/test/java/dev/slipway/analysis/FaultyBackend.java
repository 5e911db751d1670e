package dev.slipway.analysis;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TuningChoice;
import dev.slipway.testkit.ForwardingBackend;
import dev.slipway.testkit.ForwardingTactic;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.Predicate;

/** A backend whose kernels for some requests get the first element wrong. */
final class FaultyBackend extends ForwardingBackend {
  private final Predicate<KernelRequest> faulty;

  FaultyBackend(Backend backend, Predicate<KernelRequest> faulty) {
    super(backend);
    this.faulty = faulty;
  }

  @Override
  public List<Tactic> tactics() {
    return backend.tactics().stream().<Tactic>map(FaultyTactic::new).toList();
  }

  private final class FaultyTactic extends ForwardingTactic {
    FaultyTactic(Tactic tactic) {
      super(tactic);
    }

    @Override
    public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
      Kernel kernel = tactic.build(request, choice, constants);
      return faulty.test(request) ? new FaultyKernel(kernel) : kernel;
    }
  }

  private record FaultyKernel(Kernel kernel) implements Kernel {
    @Override
    public long workspaceBytes() {
      return kernel.workspaceBytes();
    }

    @Override
    public void run(KernelArguments arguments) {
      kernel.run(arguments);
      float first = arguments.output().get(ValueLayout.JAVA_FLOAT, 0);
      arguments.output().set(ValueLayout.JAVA_FLOAT, 0, first + 0.5f);
    }
  }
}
