/** Runs the ONNX backend tests on a backend and reports what passed, failed and is unsupported. */
module dev.slipway.conformance {
  requires transitive dev.slipway.backend.cpu;
  requires transitive dev.slipway.backend.cuda;
  requires transitive dev.slipway.backend.reference;
  requires transitive dev.slipway.testkit;

  exports dev.slipway.conformance;
}
