/** The service provider interface of backends, the pointwise IR and the plan format. */
module dev.slipway.backend {
  requires transitive dev.slipway.operators;
}
