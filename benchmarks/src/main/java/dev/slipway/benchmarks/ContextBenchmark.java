package dev.slipway.benchmarks;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.onnx.OnnxReader;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How the throughput of several contexts of one engine scales, each on a thread of its own, against one context on one
 * thread; and how far the slowest runs of one context are from its median.
 *
 * <p>Arguments: the folders to look for models in, then {@code --contexts 2}, {@code --threads 1} of the engine, {@code
 * --samples 15}, {@code --only TEXT}.
 */
public final class ContextBenchmark {
  private static final long WARM_UP_NANOS = 4_000_000_000L;
  private static final long SAMPLE_NANOS = 300_000_000L;
  private static final int LATENCIES = 400;

  private final List<Path> folders = new ArrayList<>();
  private int contexts = 2;
  private int threads = 1;
  private int samples = 15;
  private String only = "";

  private ContextBenchmark() {}

  public static void main(String[] arguments) throws InterruptedException {
    ContextBenchmark benchmark = new ContextBenchmark();
    benchmark.parse(arguments);
    benchmark.run();
    System.exit(0);
  }

  private void parse(String[] arguments) {
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--contexts" -> contexts = Integer.parseInt(arguments[++i]);
        case "--threads" -> threads = Integer.parseInt(arguments[++i]);
        case "--samples" -> samples = Integer.parseInt(arguments[++i]);
        case "--only" -> only = arguments[++i];
        default -> folders.add(Path.of(arguments[i]));
      }
    }
  }

  private void run() throws InterruptedException {
    System.out.printf("%-28s %7s %12s %12s %8s %10s %11s%n", "model", "threads", "1: runs/s", contexts + ": runs/s",
        "scaling", "median ms", "p99/median");
    for (Workload workload : Workload.ALL) {
      Optional<Path> model = workload.source().file(folders);
      if (workload.name().contains(only) && model.isPresent()) {
        measure(workload, model.get());
      }
    }
  }

  private void measure(Workload workload, Path model) throws InterruptedException {
    Map<String, OptimizationProfile.Range> ranges = new LinkedHashMap<>();
    workload.shapes().forEach((name, dims) -> ranges.put(name, OptimizationProfile.Range.exactly(dims)));
    BuildOptions options = BuildOptions.defaults()
        .withTuning(BuildOptions.Tuning.OFF)
        .withProfiles(List.of(new OptimizationProfile(ranges)));
    try (Backend backend = Backends.open("cpu", BackendOptions.withThreads(threads));
        Engine engine = Engine.of(new Builder(backend, options).build(OnnxReader.read(model)).plan(), backend)) {
      List<Runner> runners = new ArrayList<>();
      for (int i = 0; i < contexts; i++) {
        runners.add(new Runner(engine.newContext(), workload.inputs()));
      }
      throughput(runners, WARM_UP_NANOS);
      double[] one = new double[samples];
      double[] all = new double[samples];
      double[] ratio = new double[samples];
      for (int i = 0; i < samples; i++) {
        one[i] = throughput(runners.subList(0, 1), SAMPLE_NANOS);
        all[i] = throughput(runners, SAMPLE_NANOS);
        ratio[i] = all[i] / one[i];
      }
      double[] latencies = runners.getFirst().latencies();
      System.out.printf(Locale.ROOT, "%-28s %7d %12.1f %12.1f %8.2f %10.3f %11.2f%n", workload.name(), threads,
          quantile(one, 0.5), quantile(all, 0.5), quantile(ratio, 0.5), quantile(latencies, 0.5),
          quantile(latencies, 0.99) / quantile(latencies, 0.5));
      runners.forEach(runner -> runner.context.close());
    }
  }

  /** One context with its inputs. */
  private static final class Runner {
    private final ExecutionContext context;
    private final Map<String, Tensor> inputs;
    private long runs;

    Runner(ExecutionContext context, Map<String, Tensor> inputs) {
      this.context = context;
      this.inputs = inputs;
    }

    void runUntil(long end) {
      runs = 0;
      while (System.nanoTime() < end) {
        context.run(inputs);
        runs++;
      }
    }

    double[] latencies() {
      double[] millis = new double[LATENCIES];
      for (int i = 0; i < millis.length; i++) {
        long start = System.nanoTime();
        context.run(inputs);
        millis[i] = (System.nanoTime() - start) / 1e6;
      }
      return millis;
    }
  }

  /** Runs a second. */
  private static double throughput(List<Runner> runners, long nanos) throws InterruptedException {
    long start = System.nanoTime();
    List<Thread> running = new ArrayList<>();
    for (Runner runner : runners) {
      running.add(Thread.ofPlatform().start(() -> runner.runUntil(start + nanos)));
    }
    for (Thread thread : running) {
      thread.join();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return runners.stream().mapToLong(runner -> runner.runs).sum() / seconds;
  }

  private static double quantile(double[] values, double quantile) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) (sorted.length * quantile)];
  }
}
