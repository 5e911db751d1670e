/** Benchmarks of the engine and comparisons with peers. */
module dev.slipway.benchmarks {
  requires transitive dev.slipway.analysis;
  requires transitive dev.slipway.conformance;
  requires transitive dev.slipway.evaluation;
  requires transitive dev.slipway.quantization;
  requires java.management;
  requires com.microsoft.onnxruntime;
}
