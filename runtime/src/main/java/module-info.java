/** Loads plans and runs them: engines, execution contexts and optimisation profiles. */
module dev.slipway.runtime {
  requires transitive dev.slipway.backend;
  requires jdk.jfr;

  exports dev.slipway.runtime;
}
