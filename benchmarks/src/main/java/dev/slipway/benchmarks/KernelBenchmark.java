package dev.slipway.benchmarks;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import dev.slipway.backend.Peaks;
import dev.slipway.builder.BuildOptions;
import dev.slipway.graph.Graph;
import dev.slipway.runtime.StepTime;
import dev.slipway.tensor.SlipwayException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Single operators against ONNX Runtime, interleaved in one process. Both take and give contiguous tensors, so both
 * reorder them where they compute in another layout. The step of Slipway that computes most is shown by itself too: its
 * median, and the share of the peak of its arithmetic that it reaches in the median and in the fastest tenth of its
 * runs. The peak is the better one of those measured before and after it.
 *
 * <p>Arguments: operators as {@link KernelCase} reads them, {@code --threads 1,2}, {@code --samples 31},
 * {@code --tuning off|fast|full}, {@code --steps} for that step alone, without ONNX Runtime.
 */
public final class KernelBenchmark {
  private final List<String> cases;
  private final List<Integer> threads;
  private final int samples;
  private final boolean stepsAlone;
  private final BuildOptions options;

  private KernelBenchmark(Arguments arguments) {
    cases = arguments.rest();
    threads = arguments.threads(1);
    samples = arguments.integer("--samples", 31);
    stepsAlone = arguments.has("--steps");
    options = arguments.build(BuildOptions.defaults().withTuning(BuildOptions.Tuning.OFF));
  }

  public static void main(String[] arguments) throws Exception {
    new KernelBenchmark(Arguments.parse(arguments, List.of("--threads", "--samples", "--tuning"), "--steps")).run();
    System.exit(0);
  }

  private void run() throws Exception {
    String columns = stepsAlone
        ? ""
        : "%10s %10s %6s %9s %9s  ".formatted("slipway us", "ort us", "ratio", "GFLOP/s", "ort");
    System.out.printf("%-44s %2s  %sstep: us, GFLOP/s, %% of peak, %% in the fastest tenth, tactic%n",
        "kernel", "T", columns);
    for (String text : cases) {
      Workload workload = KernelCase.parse(text);
      Graph graph = workload.source().graph(List.of()).orElseThrow();
      for (int count : threads) {
        try (ModelContest contest = new ModelContest(workload, List.of(), graph, Optional.empty(), count, options)) {
          String ratio = stepsAlone ? "" : contest(contest.measure(samples), KernelCase.flops(graph));
          System.out.printf("%-44s %2d  %s%s%n", text, count, ratio, step(contest, count));
        }
      }
    }
  }

  private static String contest(ModelResult result, long flops) {
    String differs = result.difference() < 1e-3 ? "" : "DIFFERS by " + result.difference() + " ";
    return String.format(Locale.ROOT, "%10.1f %10.1f %6.2f %9.1f %9.1f  %s",
        result.oursMillis() * 1e3, result.theirsMillis() * 1e3, result.ratio(),
        flops / result.oursMillis() / 1e6, flops / result.theirsMillis() / 1e6, differs);
  }

  private static String step(ModelContest contest, int threads) {
    Peaks before = peaks(threads);
    List<StepTime> times = contest.steps().stream()
        .max(Comparator.comparingLong(step -> step.getFirst().flops()))
        .orElseThrow();
    StepTime step = times.get(times.size() / 2);
    StepTime fast = times.get(times.size() / 10);
    double peak = peak(step, threads, before, peaks(threads));
    return String.format(Locale.ROOT, "%.1f, %.1f, %.0f %%, %.0f %%, %s",
        step.nanos() / 1e3, rate(step), 100 * rate(step) / peak, 100 * rate(fast) / peak, step.tactic());
  }

  /** Billions of operations a second. */
  private static double rate(StepTime step) {
    return step.flops() / (double) step.nanos();
  }

  /** The largest peak of a step's arithmetic, in billions of operations a second. */
  private static double peak(StepTime step, int threads, Peaks... measured) {
    return Arrays.stream(measured)
        .flatMap(peaks -> peaks.compute(step.work().arithmetic(), threads).stream())
        .mapToDouble(Peaks.Compute::perSecond)
        .max()
        .orElse(Double.NaN) / 1e9;
  }

  private static Peaks peaks(int threads) {
    try (Backend backend = Backends.open("cpu", BackendOptions.withThreads(threads))) {
      return backend.measurePeaks().orElseThrow(() -> new SlipwayException("peaks: no machine code runs here"));
    }
  }
}
