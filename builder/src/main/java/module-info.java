/** Builds a plan from a graph: legalisation, fusion, layouts, tactic choice and memory planning. */
module dev.slipway.builder {
  requires java.management;
  requires transitive dev.slipway.optimizer;
  requires transitive dev.slipway.backend;
  requires dev.slipway.runtime;

  exports dev.slipway.builder;
}
