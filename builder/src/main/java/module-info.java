/** Builds a plan from a graph: legalisation, fusion, layouts, tactic choice and memory planning. */
module dev.slipway.builder {
  requires java.management;
  requires transitive dev.slipway.optimizer;
  requires transitive dev.slipway.backend;

  exports dev.slipway.builder;
}
