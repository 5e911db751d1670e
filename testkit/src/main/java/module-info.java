/** What the suites and tests of several modules share: backends and tactics that do as others do, but for one thing. */
module dev.slipway.testkit {
  requires transitive dev.slipway.onnx;
  requires transitive dev.slipway.builder;
  requires transitive dev.slipway.runtime;

  exports dev.slipway.testkit;
}
