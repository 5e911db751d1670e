package dev.slipway.backend.cpu;

import dev.slipway.backend.Availability;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.BackendProvider;

/** Kernels on the processor, through the Vector API. */
public final class CpuBackendProvider implements BackendProvider {

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public Availability availability() {
    boolean vectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    return vectors
        ? new Availability.Usable(Processor.description())
        : new Availability.Unusable("module jdk.incubator.vector: not resolved (start the JVM with"
            + " --add-modules=jdk.incubator.vector)");
  }

  @Override
  public Backend open(BackendOptions options) {
    return new CpuBackend(options.threads());
  }
}
