package dev.slipway.benchmarks;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import dev.slipway.backend.Peaks;
import dev.slipway.builder.BuildOptions;
import dev.slipway.graph.Graph;
import dev.slipway.runtime.StepTime;
import dev.slipway.tensor.DType;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Single operators against ONNX Runtime, interleaved in one process. Both take and give contiguous tensors, so both
 * reorder them where they compute in another layout; the slowest step of Slipway is shown by itself too.
 *
 * <p>Arguments: operators as {@link KernelCase} reads them, {@code --threads 1,2}, {@code --samples 31},
 * {@code --tuning off|fast|full}.
 */
public final class KernelBenchmark {
  private final List<String> cases;
  private final List<Integer> threads;
  private final int samples;
  private final BuildOptions options;

  private KernelBenchmark(Arguments arguments) {
    cases = arguments.rest();
    threads = arguments.threads(1);
    samples = arguments.integer("--samples", 31);
    options = arguments.build(BuildOptions.defaults().withTuning(BuildOptions.Tuning.OFF));
  }

  public static void main(String[] arguments) throws Exception {
    new KernelBenchmark(Arguments.parse(arguments, List.of("--threads", "--samples", "--tuning"))).run();
    System.exit(0);
  }

  private void run() throws Exception {
    double peak = peakFlops() / 1e9;
    System.out.printf(Locale.ROOT, "peak of one core %.1f GFLOP/s%n", peak);
    System.out.printf("%-44s %2s %10s %10s %6s %9s %9s  %s%n", "kernel", "T", "slipway us", "ort us", "ratio",
        "GFLOP/s", "ort", "slowest step: us, GFLOP/s, % of peak, tactic");
    for (String text : cases) {
      Workload workload = KernelCase.parse(text);
      Graph graph = workload.source().graph(List.of()).orElseThrow();
      for (int count : threads) {
        try (ModelContest contest = new ModelContest(workload, List.of(), graph, Optional.empty(), count, options)) {
          print(contest.measure(samples), KernelCase.flops(graph), slowest(contest), peak * count);
        }
      }
    }
  }

  private static StepTime slowest(ModelContest contest) throws Exception {
    return contest.steps().stream().max(Comparator.comparingLong(StepTime::nanos)).orElseThrow();
  }

  private static void print(ModelResult result, long flops, StepTime step, double peak) {
    double rate = step.flops() / (double) step.nanos();
    System.out.printf(Locale.ROOT, "%-44s %2d %10.1f %10.1f %6.2f %9.1f %9.1f  %.1f, %.1f, %.0f %%, %s%s%n",
        result.model(), result.threads(), result.oursMillis() * 1e3, result.theirsMillis() * 1e3, result.ratio(),
        flops / result.oursMillis() / 1e6, flops / result.theirsMillis() / 1e6, step.nanos() / 1e3, rate,
        100 * rate / peak, step.tactic(), result.difference() < 1e-3 ? "" : " DIFFERS by " + result.difference());
  }

  private static double peakFlops() {
    try (Backend backend = Backends.open("cpu", BackendOptions.withThreads(1))) {
      return backend.measurePeaks()
          .flatMap(peaks -> peaks.compute(DType.FLOAT32, 1))
          .map(Peaks.Compute::perSecond)
          .orElse(Double.NaN);
    }
  }
}
