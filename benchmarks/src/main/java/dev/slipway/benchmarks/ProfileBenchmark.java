package dev.slipway.benchmarks;

import dev.slipway.analysis.Load;
import dev.slipway.analysis.ModelProfile;
import dev.slipway.analysis.ProfiledRuns;
import dev.slipway.analysis.Roof;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.runtime.Engine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What timing the steps costs, and how much of a run the steps are: timed runs take turns with runs without timing.
 *
 * <p>Arguments: the folders to look for models in, then {@code --threads 1,2}, {@code --seconds 3} a model,
 * {@code --only TEXT,...}, {@code --tuning off|fast|full}.
 */
public final class ProfileBenchmark {
  private static final double WARM_UP_MILLIS = 1500;
  private static final int LEAST_RUNS = 15;

  private final List<Path> folders = new ArrayList<>();
  private List<Integer> threads = List.of(1, 2);
  private double seconds = 3;
  private List<String> only = List.of("");
  private BuildOptions.Tuning tuning = BuildOptions.Tuning.OFF;

  private ProfileBenchmark(String[] arguments) {
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--threads" -> threads = Arrays.stream(arguments[++i].split(",")).map(Integer::valueOf).toList();
        case "--seconds" -> seconds = Double.parseDouble(arguments[++i]);
        case "--only" -> only = List.of(arguments[++i].split(","));
        case "--tuning" -> tuning = BuildOptions.Tuning.valueOf(arguments[++i].toUpperCase(Locale.ROOT));
        default -> folders.add(Path.of(arguments[i]));
      }
    }
  }

  public static void main(String[] arguments) {
    new ProfileBenchmark(arguments).run();
    System.exit(0);
  }

  private void run() {
    System.out.println("| model | threads | runs | ms | timed ms | timing costs % | layers, % of a run | inputs us"
        + " | outputs us |");
    System.out.println("|---|---|---|---|---|---|---|---|---|");
    for (Workload workload : Workload.FLOATS) {
      Optional<Graph> model =
          only.stream().anyMatch(workload.name()::contains) ? workload.source().graph(folders) : Optional.empty();
      model.ifPresent(graph -> threads.forEach(count -> print(workload, count, profile(workload, graph, count))));
    }
  }

  private ModelProfile profile(Workload workload, Graph graph, int count) {
    BuildOptions options = BuildOptions.defaults().withTuning(tuning).withProfiles(List.of(workload.profile()));
    try (Backend backend = Backends.open("cpu", BackendOptions.withThreads(count));
        Engine engine = Engine.of(new Builder(backend, options).build(graph).plan(), backend)) {
      ProfiledRuns runs = ProfiledRuns.of(
          engine, Map.copyOf(workload.inputs()), Load.closed(1, WARM_UP_MILLIS, seconds, LEAST_RUNS));
      return ModelProfile.of(
          workload.name(), backend.device().description(), "fp32", count, runs, work -> Roof.UNKNOWN);
    }
  }

  private static void print(Workload workload, int count, ModelProfile profile) {
    System.out.printf(Locale.ROOT, "| %s | %d | %d | %.3f | %.3f | %.2f | %.1f | %.1f | %.1f |%n", workload.name(),
        count, profile.runs(), profile.plainMillis(), profile.millis(), 100 * profile.overhead(), 100 * profile.layerShare(), 1e3 * profile.rest().get("inputs"),
        1e3 * profile.rest().get("outputs"));
  }
}
