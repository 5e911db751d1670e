package dev.slipway.benchmarks;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import dev.slipway.backend.Plan;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Whether {@code --precision best} is as fast as the faster of a quantised model on integers and its model of floats:
 * each pair interleaved in one process, all plans tuned.
 *
 * <p>Arguments: the folders to look for models in, then {@code --threads 1,2}, {@code --samples 31},
 * {@code --only TEXT}, {@code --cache FILE} with measured times of tactics.
 */
public final class PrecisionBenchmark {
  private final List<Path> folders;
  private final List<Integer> threads;
  private final int samples;
  private final String only;
  private final BuildOptions options;

  private PrecisionBenchmark(Arguments arguments) {
    folders = arguments.paths();
    threads = arguments.threads(1);
    samples = arguments.integer("--samples", 31);
    only = arguments.text("--only", "");
    options = arguments.build(BuildOptions.defaults());
  }

  public static void main(String[] arguments) {
    List<String> options = List.of("--threads", "--samples", "--only", "--cache");
    new PrecisionBenchmark(Arguments.parse(arguments, options)).run();
    System.exit(0);
  }

  private void run() {
    System.out.printf("%-28s %7s %9s %14s %9s %12s  %s%n", "model", "threads", "best ms", "integers/best", "floats ms",
        "floats/best", "best runs");
    for (Workload workload : Workload.QUANTIZED) {
      Optional<Graph> floats = workload.floats().flatMap(other -> other.source().graph(folders));
      if (workload.name().contains(only) && floats.isPresent()) {
        Graph quantized = workload.source().graph(folders).orElseThrow();
        threads.forEach(count -> compare(workload, quantized, floats.get(), count));
      }
    }
  }

  private void compare(Workload workload, Graph quantized, Graph floats, int count) {
    BuildOptions each = options.withProfiles(List.of(workload.profile()));
    List<String> decision = new ArrayList<>();
    try (Backend backend = Backends.open("cpu", BackendOptions.withThreads(count))) {
      BuildOptions best = each.withPrecision(BuildOptions.Precision.BEST).withProgress(line -> {
        if (line.contains("the whole model runs ")) {
          decision.add(line.replaceAll(".*runs ", ""));
        }
      });
      Plan chosen = new Builder(backend, best).build(quantized).plan();
      Interleaved integers = measure(chosen, new Builder(backend, each).build(quantized).plan(), backend, workload);
      Interleaved twin = measure(chosen, new Builder(backend, each).build(floats).plan(), backend, workload);
      System.out.printf(Locale.ROOT, "%-28s %7d %9.3f %14.2f %9.3f %12.2f  %s%n", workload.name(), count,
          integers.ourMedian(), integers.ratio(), twin.theirMedian(), twin.ratio(), String.join(" ", decision));
    }
  }

  private Interleaved measure(Plan ours, Plan theirs, Backend backend, Workload workload) {
    Map<String, Tensor> inputs = workload.inputs();
    try (Engine one = Engine.of(ours, backend);
        Engine other = Engine.of(theirs, backend);
        ExecutionContext first = one.newContext();
        ExecutionContext second = other.newContext()) {
      return Interleaved.measure(() -> first.run(inputs), () -> second.run(inputs), samples);
    }
  }
}
