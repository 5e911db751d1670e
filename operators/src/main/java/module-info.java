/** The operators: one file each, with schema, type inference, reference evaluation, cost and axis flow. */
module dev.slipway.operators {
  requires transitive dev.slipway.graph;

  exports dev.slipway.operators;

  uses dev.slipway.operators.KernelProvider;
}
