/** Benchmarks of the engine and comparisons with peers. */
module dev.slipway.benchmarks {
  requires transitive dev.slipway.conformance;
  requires transitive dev.slipway.evaluation;
  requires java.management;
  requires com.microsoft.onnxruntime;
}
