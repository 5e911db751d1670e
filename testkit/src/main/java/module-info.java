/** Suites and tolerances that the tests of every backend share. */
module dev.slipway.testkit {
  requires transitive dev.slipway.onnx;
  requires transitive dev.slipway.builder;
  requires transitive dev.slipway.runtime;
}
