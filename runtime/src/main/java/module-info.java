/** Loads plans and runs them: engines, execution contexts and optimisation profiles. */
module dev.slipway.runtime {
  requires transitive dev.slipway.backend;

  exports dev.slipway.runtime;
}
