/** The CPU backend: Vector API tactics and scalar ones, run-time assembler, kernel generators and worker pool. */
module dev.slipway.backend.cpu {
  requires transitive dev.slipway.backend;
  requires static jdk.incubator.vector;

  exports dev.slipway.backend.cpu;

  provides dev.slipway.backend.BackendProvider with
      dev.slipway.backend.cpu.CpuBackendProvider;
}
