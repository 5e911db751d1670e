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
 * reorder them where they compute in another layout. The slowest step of Slipway is shown by itself too: its median, and
 * the share of the peak of its arithmetic that it reaches in the median and in the fastest tenth of its runs. The peak is
 * the better one of those measured before and after the operator.
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
    System.out.printf("%-44s %2s %10s %10s %6s %9s %9s  %s%n", "kernel", "T", "slipway us", "ort us", "ratio", "GFLOP/s",
        "ort", "slowest step: us, GFLOP/s, % of peak, % in the fastest tenth, tactic");
    for (String text : cases) {
      Workload workload = KernelCase.parse(text);
      Graph graph = workload.source().graph(List.of()).orElseThrow();
      for (int count : threads) {
        try (ModelContest contest = new ModelContest(workload, List.of(), graph, Optional.empty(), count, options)) {
          ModelResult result = contest.measure(samples);
          Peaks before = peaks(count);
          List<StepTime> slowest = slowest(contest);
          print(result, KernelCase.flops(graph), slowest, peak(slowest.getFirst(), count, before, peaks(count)));
        }
      }
    }
  }

  /** All times of the step that takes longest, the shortest first. */
  private static List<StepTime> slowest(ModelContest contest) {
    return contest.steps().stream()
        .max(Comparator.comparingLong(times -> times.get(times.size() / 2).nanos()))
        .orElseThrow();
  }

  private static void print(ModelResult result, long flops, List<StepTime> times, double peak) {
    StepTime step = times.get(times.size() / 2);
    StepTime fast = times.get(times.size() / 10);
    System.out.printf(Locale.ROOT, "%-44s %2d %10.1f %10.1f %6.2f %9.1f %9.1f  %.1f, %.1f, %.0f %%, %.0f %%, %s%s%n",
        result.model(), result.threads(), result.oursMillis() * 1e3, result.theirsMillis() * 1e3, result.ratio(),
        flops / result.oursMillis() / 1e6, flops / result.theirsMillis() / 1e6, step.nanos() / 1e3, rate(step),
        100 * rate(step) / peak, 100 * rate(fast) / peak, step.tactic(),
        result.difference() < 1e-3 ? "" : " DIFFERS by " + result.difference());
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
