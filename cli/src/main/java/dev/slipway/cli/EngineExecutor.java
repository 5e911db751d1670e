package dev.slipway.cli;

import dev.slipway.backend.Backend;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.quantization.GraphExecution;
import dev.slipway.quantization.GraphExecutor;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** Builds engines of graphs without tuning and runs them. */
record EngineExecutor(Backend backend, List<OptimizationProfile> profiles) implements GraphExecutor {

  @Override
  public GraphExecution open(Graph graph) {
    BuildOptions options =
        BuildOptions.defaults().withTuning(BuildOptions.Tuning.OFF).withProfiles(profiles);
    Engine engine = Engine.of(new Builder(backend, options).build(graph).plan(), backend);
    return new Running(engine, engine.newContext());
  }

  private record Running(Engine engine, ExecutionContext context) implements GraphExecution {

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
      return context.run(inputs);
    }

    @Override
    public void close() {
      context.close();
      engine.close();
    }
  }
}
