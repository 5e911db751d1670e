/** Reads and writes ONNX models, and upgrades older opsets. */
module dev.slipway.onnx {
  requires transitive dev.slipway.operators;

  exports dev.slipway.onnx;
}
