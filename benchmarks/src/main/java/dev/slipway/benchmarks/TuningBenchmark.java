package dev.slipway.benchmarks;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.BuildResult;
import dev.slipway.builder.Builder;
import dev.slipway.builder.LayerTiming;
import dev.slipway.graph.Graph;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What measuring tactics is worth: whole models built with the cost model's choices against the measured ones,
 * interleaved in one process, and how far the predictions are off, layer by layer.
 *
 * <p>Arguments: the folders to look for models in, then {@code --threads 1,2}, {@code --samples 31},
 * {@code --only TEXT}, {@code --tuning fast|full}, {@code --cache FILE}, {@code --layers N} for the N layers that lose
 * most.
 */
public final class TuningBenchmark {
  private final List<Path> folders;
  private final List<Double> ratios = new ArrayList<>();
  private final List<Integer> threads;
  private final int samples;
  private final int layers;
  private final String only;
  private final BuildOptions options;

  private TuningBenchmark(Arguments arguments) {
    folders = arguments.paths();
    threads = arguments.threads(2);
    samples = arguments.integer("--samples", 31);
    layers = arguments.integer("--layers", 0);
    only = arguments.text("--only", "");
    options = arguments.build(BuildOptions.defaults());
  }

  /** The candidates for one layer, the cost model's choice first. */
  private record Layer(String node, List<LayerTiming> candidates) {
    LayerTiming predicted() {
      return candidates.getFirst();
    }

    LayerTiming fastest() {
      return candidates.stream().min(Comparator.comparingDouble(LayerTiming::measuredMicros)).orElseThrow();
    }

    double lostMicros() {
      return predicted().measuredMicros() - fastest().measuredMicros();
    }
  }

  public static void main(String[] arguments) {
    List<String> options = List.of("--threads", "--samples", "--only", "--layers", "--cache", "--tuning");
    new TuningBenchmark(Arguments.parse(arguments, options)).run();
    System.exit(0);
  }

  private void run() {
    System.out.printf("%-28s %7s %9s %9s %9s %10s %13s%n", "model", "threads", "off ms", "tuned ms", "off/tuned",
        "build s", "layers' ratio");
    for (Workload workload : Workload.ALL) {
      if (workload.name().contains(only)) {
        Optional<Graph> model = workload.source().graph(folders);
        model.ifPresent(graph -> threads.forEach(count -> compare(workload, graph, count)));
      }
    }
    double mean = ratios.stream().mapToDouble(Math::log).average().orElse(0);
    System.out.printf(Locale.ROOT, "geometric mean of off/tuned: %.3f%n", Math.exp(mean));
  }

  private void compare(Workload workload, Graph graph, int count) {
    BuildOptions tuned = options.withProfiles(List.of(workload.profile()));
    try (Backend backend = Backends.open("cpu", BackendOptions.withThreads(count))) {
      BuildResult off = new Builder(backend, tuned.withTuning(BuildOptions.Tuning.OFF)).build(graph);
      long start = System.nanoTime();
      BuildResult on = new Builder(backend, tuned).build(graph);
      double seconds = (System.nanoTime() - start) / 1e9;
      Interleaved times = measure(off, on, backend, workload.inputs());
      ratios.add(times.ourMedian() / times.theirMedian());
      List<Layer> all = layers(on);
      System.out.printf(Locale.ROOT, "%-28s %7d %9.3f %9.3f %9.3f %10.1f %13.3f%n", workload.name(), count,
          times.ourMedian(), times.theirMedian(), times.ourMedian() / times.theirMedian(), seconds,
          all.stream().mapToDouble(layer -> layer.predicted().measuredMicros()).sum()
              / all.stream().mapToDouble(layer -> layer.fastest().measuredMicros()).sum());
      print(all);
    }
  }

  private Interleaved measure(BuildResult off, BuildResult on, Backend backend, Map<String, Tensor> inputs) {
    try (Engine offEngine = Engine.of(off.plan(), backend);
        Engine onEngine = Engine.of(on.plan(), backend);
        ExecutionContext offContext = offEngine.newContext();
        ExecutionContext onContext = onEngine.newContext()) {
      return Interleaved.measure(() -> offContext.run(inputs), () -> onContext.run(inputs), samples);
    }
  }

  private static List<Layer> layers(BuildResult result) {
    Map<String, List<LayerTiming>> byNode = new LinkedHashMap<>();
    result.timings().forEach(timing -> byNode.computeIfAbsent(timing.node(), node -> new ArrayList<>()).add(timing));
    List<Layer> layers = new ArrayList<>();
    byNode.forEach((node, candidates) -> layers.add(new Layer(node, candidates)));
    return layers;
  }

  private void print(List<Layer> all) {
    all.stream()
        .sorted(Comparator.comparingDouble(Layer::lostMicros).reversed())
        .limit(layers)
        .forEach(layer -> System.out.printf(Locale.ROOT, "  %8.1f us lost  predicted %8.1f  measured %8.1f %s"
            + "  best %8.1f (%8.1f predicted) %s  %s%n", layer.lostMicros(), layer.predicted().predictedMicros(),
            layer.predicted().measuredMicros(), name(layer.predicted()), layer.fastest().measuredMicros(),
            layer.fastest().predictedMicros(), name(layer.fastest()), layer.node()));
  }

  private static String name(LayerTiming timing) {
    return timing.tactic() + "[" + timing.tuning() + "]";
  }
}
