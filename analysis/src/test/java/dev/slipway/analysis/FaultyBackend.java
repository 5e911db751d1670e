package dev.slipway.analysis;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Device;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Op;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** A backend whose kernels for some requests get the first element wrong. Closing it leaves the other open. */
record FaultyBackend(Backend backend, Predicate<KernelRequest> faulty) implements Backend {

  @Override
  public String name() {
    return backend.name();
  }

  @Override
  public Device device() {
    return backend.device();
  }

  @Override
  public List<Tactic> tactics() {
    return backend.tactics().stream().<Tactic>map(tactic -> new FaultyTactic(tactic, faulty)).toList();
  }

  @Override
  public Optional<Layout> preferredLayout(Op op, List<TensorType> in, List<TensorType> out) {
    return backend.preferredLayout(op, in, out);
  }

  @Override
  public Set<String> compositeOperators() {
    return backend.compositeOperators();
  }

  @Override
  public void close() {}

  private record FaultyTactic(Tactic tactic, Predicate<KernelRequest> faulty) implements Tactic {
    @Override
    public TacticId id() {
      return tactic.id();
    }

    @Override
    public Support supports(KernelRequest request) {
      return tactic.supports(request);
    }

    @Override
    public List<TuningChoice> choices(KernelRequest request) {
      return tactic.choices(request);
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
