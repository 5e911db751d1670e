/** The graph: nodes, values, operators' contract, patches, verifier and text form. */
module dev.slipway.graph {
  requires transitive dev.slipway.tensor;

  exports dev.slipway.graph;
}
