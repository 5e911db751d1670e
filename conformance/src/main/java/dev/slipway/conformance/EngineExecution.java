package dev.slipway.conformance;

import dev.slipway.backend.Backend;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.Plan;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Value;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Builds an engine for each graph and runs it once. The backend stays the caller's. */
public record EngineExecution(Backend backend) implements Execution {

  @Override
  public List<Datum> run(Graph graph, List<Datum> inputs) {
    Map<String, Datum> named = new LinkedHashMap<>();
    Map<String, OptimizationProfile.Range> ranges = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      Value input = graph.value(graph.inputs().get(i));
      named.put(input.name(), inputs.get(i));
      if (inputs.get(i) instanceof Tensor tensor
          && !(input.type() instanceof TensorType type && type.shape().isKnown())) {
        ranges.put(input.name(), OptimizationProfile.Range.exactly(tensor.dims()));
      }
    }
    List<OptimizationProfile> profiles = ranges.isEmpty() ? List.of() : List.of(new OptimizationProfile(ranges));
    BuildOptions options =
        BuildOptions.defaults().withTuning(BuildOptions.Tuning.OFF).withProfiles(profiles);
    Plan plan = new Builder(backend, options).build(graph).plan();
    try (Engine engine = Engine.of(plan, backend);
        ExecutionContext context = engine.newContext()) {
      return context.runAny(named).values().stream().map(EngineExecution::copy).toList();
    }
  }

  /** A result that outlives the context. */
  private static Datum copy(Datum datum) {
    return datum instanceof Tensor tensor ? tensor.copy(Arena.ofAuto()) : datum;
  }
}
