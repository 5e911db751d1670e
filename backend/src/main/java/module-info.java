/** What a backend provides and what asks it: devices, tactics, kernels; the memory planner and the plan file. */
module dev.slipway.backend {
  requires transitive dev.slipway.operators;

  exports dev.slipway.backend;

  uses dev.slipway.backend.BackendProvider;
}
