package dev.slipway.backend.cpu;

import dev.slipway.backend.Availability;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.BackendProvider;

/** Kernels on the processor: through the Vector API where the JVM has it, else scalar. */
public final class CpuBackendProvider implements BackendProvider {

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public Availability availability() {
    String hint = VectorSupport.usable() ? "" : " kernels: " + VectorSupport.reason();
    return new Availability.Usable(Processor.description() + hint);
  }

  @Override
  public Backend open(BackendOptions options) {
    return new CpuBackend(options.threads());
  }
}
