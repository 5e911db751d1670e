package dev.slipway.conformance;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.Plan;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.EngineOptions;
import dev.slipway.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Plans and engines without tuning, so that tests are repeatable. */
final class TestEngines {
  private TestEngines() {}

  static Plan plan(Graph graph, String backend, Map<String, OptimizationProfile.Range> ranges) {
    List<OptimizationProfile> profiles = ranges.isEmpty() ? List.of() : List.of(new OptimizationProfile(ranges));
    try (Backend opened = Backends.open(backend, BackendOptions.withThreads(1))) {
      return new Builder(opened, BuildOptions.defaults().withTuning(BuildOptions.Tuning.OFF).withProfiles(profiles))
          .build(graph)
          .plan();
    }
  }

  static Engine cpu(TestModel model, Map<String, OptimizationProfile.Range> ranges) {
    return Engine.of(plan(model.graph(), "cpu", ranges), options("cpu", 2));
  }

  static EngineOptions options(String backend, int threads) {
    return EngineOptions.defaults().withBackend(backend).withThreads(threads);
  }

  /** What holds the shapes of all these inputs, tuned for the first. */
  static Map<String, OptimizationProfile.Range> ranges(List<Map<String, Tensor>> inputs) {
    Map<String, OptimizationProfile.Range> ranges = new LinkedHashMap<>();
    for (String input : inputs.getFirst().keySet()) {
      long[] opt = inputs.getFirst().get(input).dims();
      long[] min = opt.clone();
      long[] max = opt.clone();
      for (Map<String, Tensor> each : inputs) {
        long[] dims = each.get(input).dims();
        for (int axis = 0; axis < dims.length; axis++) {
          min[axis] = Math.min(min[axis], dims[axis]);
          max[axis] = Math.max(max[axis], dims[axis]);
        }
      }
      ranges.put(input, new OptimizationProfile.Range(min, opt, max));
    }
    return ranges;
  }
}
