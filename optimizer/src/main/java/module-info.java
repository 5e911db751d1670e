/** Passes and rewrite rules over graphs, their driver, and the pipelines that order them. */
module dev.slipway.optimizer {
  requires transitive dev.slipway.operators;

  exports dev.slipway.optimizer;
}
