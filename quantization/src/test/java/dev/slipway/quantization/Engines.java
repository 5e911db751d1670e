package dev.slipway.quantization;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.cpu.CpuBackendProvider;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.graph.ValueId;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs graphs on engines of the cpu backend; dynamic dimensions are bound to 1. */
final class Engines implements GraphExecutor {
  private final Backend backend = new CpuBackendProvider().open(BackendOptions.withThreads(2));

  @Override
  public GraphExecution open(Graph graph) {
    Map<String, OptimizationProfile.Range> ranges = new LinkedHashMap<>();
    for (ValueId id : graph.inputs()) {
      if (!graph.shape(id).isKnown()) {
        ranges.put(graph.value(id).name(), OptimizationProfile.Range.exactly(atOne(graph.shape(id))));
      }
    }
    BuildOptions options = BuildOptions.defaults().withTuning(BuildOptions.Tuning.OFF)
        .withProfiles(ranges.isEmpty() ? List.of() : List.of(new OptimizationProfile(ranges)));
    Engine engine = Engine.of(new Builder(backend, options).build(graph).plan(), backend);
    return new Running(engine, engine.newContext());
  }

  private static long[] atOne(Shape shape) {
    long[] dims = new long[shape.rank()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape.dim(i) instanceof Dim.Known(long size) ? size : 1;
    }
    return dims;
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
