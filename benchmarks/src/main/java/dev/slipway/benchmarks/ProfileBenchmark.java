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

  private final List<Path> folders;
  private final List<Integer> threads;
  private final double seconds;
  private final List<String> only;
  private final BuildOptions options;

  private ProfileBenchmark(Arguments arguments) {
    folders = arguments.paths();
    threads = arguments.threads(1, 2);
    seconds = arguments.number("--seconds", 3);
    only = List.of(arguments.text("--only", "").split(",", -1));
    options = arguments.build(BuildOptions.defaults().withTuning(BuildOptions.Tuning.OFF));
  }

  public static void main(String[] arguments) {
    List<String> options = List.of("--threads", "--seconds", "--only", "--tuning");
    new ProfileBenchmark(Arguments.parse(arguments, options)).run();
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
    BuildOptions profiled = options.withProfiles(List.of(workload.profile()));
    try (Backend backend = Backends.open("cpu", BackendOptions.withThreads(count));
        Engine engine = Engine.of(new Builder(backend, profiled).build(graph).plan(), backend)) {
      ProfiledRuns runs = ProfiledRuns.of(
          engine, Map.copyOf(workload.inputs()), Load.closed(1, WARM_UP_MILLIS, seconds, LEAST_RUNS));
      return ModelProfile.of(
          workload.name(), backend.device().description(), "fp32", count, runs, work -> Roof.UNKNOWN);
    }
  }

  private static void print(Workload workload, int count, ModelProfile profile) {
    System.out.printf(Locale.ROOT, "| %s | %d | %d | %.3f | %.3f | %.2f | %.1f | %.1f | %.1f |%n", workload.name(),
        count, profile.runs(), profile.plainMillis(), profile.millis(), 100 * profile.overhead(),
        100 * profile.layerShare(), 1e3 * profile.rest().get("inputs"), 1e3 * profile.rest().get("outputs"));
  }
}
