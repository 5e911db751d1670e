package dev.slipway.benchmarks;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.quantization.CalibrationCache;
import dev.slipway.quantization.CalibrationData;
import dev.slipway.quantization.Float8Quantizer;
import dev.slipway.quantization.GraphExecution;
import dev.slipway.quantization.GraphExecutor;
import dev.slipway.quantization.QuantizationOptions;
import dev.slipway.quantization.Quantizer;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Quantises models of floats as {@code slipway quantize} does, whole, on the inputs of their workload: good for times,
 * which do not depend on the scales, not for accuracy.
 */
final class QuantizedModels {
  private QuantizedModels() {}

  /** The quantised model, or empty where there is no model of floats in the folders. */
  static Optional<Graph> quantize(Workload floats, List<Path> folders) {
    return floats.source().graph(folders).map(model -> quantize(model, floats.profile(), floats.inputs()));
  }

  /** The quantised model, with ranges of one run. */
  static Graph quantize(Graph model, OptimizationProfile profile, Map<String, Tensor> inputs) {
    try (Backend backend = Backends.open("cpu", BackendOptions.withThreads(1))) {
      return new Quantizer(QuantizationOptions.defaults(), executor(backend, profile))
          .quantize(model, CalibrationData.of(List.of(inputs)))
          .graph();
    }
  }

  /** The model with products of float8, with ranges of one run. */
  static Float8Quantizer.Result narrow(Graph model, OptimizationProfile profile, Map<String, Tensor> inputs) {
    try (Backend backend = Backends.open("cpu", BackendOptions.withThreads(1))) {
      return new Float8Quantizer(QuantizationOptions.defaults(), executor(backend, profile))
          .quantize(model, CalibrationData.of(List.of(inputs)));
    }
  }

  /** The model with products of float8, with ranges that were found for it at another batch. */
  static Graph narrow(Graph model, CalibrationCache ranges) {
    GraphExecutor unused = graph -> inputs -> Map.of();
    return new Float8Quantizer(QuantizationOptions.defaults(), unused).quantize(model, ranges).graph();
  }

  private static GraphExecutor executor(Backend backend, OptimizationProfile profile) {
    BuildOptions options = BuildOptions.defaults()
        .withTuning(BuildOptions.Tuning.OFF)
        .withProfiles(List.of(profile));
    return graph -> execution(Engine.of(new Builder(backend, options).build(graph).plan(), backend));
  }

  private static GraphExecution execution(Engine engine) {
    ExecutionContext context = engine.newContext();
    return new GraphExecution() {
      @Override
      public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return context.run(inputs);
      }

      @Override
      public void close() {
        context.close();
        engine.close();
      }
    };
  }
}
