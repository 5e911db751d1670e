package dev.slipway.backend.cpu;

import dev.slipway.backend.Artifacts;
import dev.slipway.backend.Availability;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.BackendProvider;

/** Kernels on the processor: in machine code or through the Vector API where the JVM has it, else scalar. */
public final class CpuBackendProvider implements BackendProvider {

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public Availability availability() {
    CpuFeatures.allowed();
    return new Availability.Usable(Processor.description() + kernels());
  }

  /** Which kernels are used, and why no faster ones. */
  private static String kernels() {
    if (!VectorSupport.usable()) {
      return " kernels: " + VectorSupport.reason();
    }
    return Isa.unavailable()
        .map(reason -> ", no machine code: " + reason)
        .orElseGet(() -> ", " + CpuBackend.describe(CpuBackend.kernels(new GeneratedCode(new Artifacts()))));
  }

  @Override
  public Backend open(BackendOptions options) {
    CpuFeatures.allowed();
    return new CpuBackend(options.threads());
  }
}
