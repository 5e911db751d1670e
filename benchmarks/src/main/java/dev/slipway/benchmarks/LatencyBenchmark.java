package dev.slipway.benchmarks;

import ai.onnxruntime.OrtException;
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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * How even latencies are, beside those of ONNX Runtime where it can run the model: both take turns, so that what
 * disturbs the machine disturbs both. And what a second context on a second thread adds to the throughput of one.
 *
 * <p>Arguments: the folders to look for models in, then {@code --threads 1,2} of the engine whose latencies are
 * measured, {@code --seconds 5} a model, {@code --only TEXT}, {@code --tuning off|fast|full}.
 */
public final class LatencyBenchmark {
  /** One and two contexts, and the engine and its peer, take turns so many times. */
  private static final int ROUNDS = 5;
  /** In which the other side's threads go to sleep. */
  private static final long PAUSE_MILLIS = 60;

  private final List<Path> folders;
  private final List<Integer> threads;
  private final double seconds;
  private final String only;
  private final BuildOptions options;

  private LatencyBenchmark(Arguments arguments) {
    folders = arguments.paths();
    threads = arguments.threads(1, 2);
    seconds = arguments.number("--seconds", 5);
    only = arguments.text("--only", "");
    options = arguments.build(BuildOptions.defaults());
  }

  public static void main(String[] arguments) {
    List<String> options = List.of("--threads", "--seconds", "--only", "--tuning");
    new LatencyBenchmark(Arguments.parse(arguments, options)).run();
    System.exit(0);
  }

  private void run() {
    System.out.printf("%-28s %-12s %7s %8s %10s %10s %10s %10s %8s%n", "model", "engine", "threads", "runs", "p50 ms",
        "p90 ms", "p99 ms", "max ms", "p99/p50");
    for (Workload workload : Workload.ALL) {
      Optional<Graph> model =
          workload.name().contains(only) ? workload.source().graph(folders) : Optional.empty();
      model.ifPresent(graph -> measure(workload, graph));
    }
  }

  private void measure(Workload workload, Graph graph) {
    for (int count : threads) {
      try (Backend backend = Backends.open("cpu", BackendOptions.withThreads(count));
          Engine engine = Engine.of(plan(workload, graph, backend), backend)) {
        latencies(workload, graph, engine, count);
        if (count == 1) {
          throughput(workload, engine);
        }
      }
    }
  }

  private Plan plan(Workload workload, Graph graph, Backend backend) {
    return new Builder(backend, options.withProfiles(List.of(workload.profile()))).build(graph).plan();
  }

  private void latencies(Workload workload, Graph graph, Engine engine, int count) {
    Map<String, Tensor> inputs = workload.inputs();
    List<Long> ours = new ArrayList<>();
    List<Long> theirs = new ArrayList<>();
    Optional<OnnxRuntimePeer> peer = peer(workload, graph, count);
    try (ExecutionContext context = engine.newContext()) {
      peer.ifPresent(other -> Interleaved.warmUp(other::run));
      Interleaved.warmUpOurs(() -> context.run(inputs));
      for (int round = 0; round < ROUNDS; round++) {
        time(() -> context.run(inputs), ours);
        peer.ifPresent(other -> time(other::run, theirs));
      }
    } finally {
      peer.ifPresent(LatencyBenchmark::close);
    }
    print(workload, "slipway", count, ours);
    if (!theirs.isEmpty()) {
      print(workload, "onnxruntime", count, theirs);
    }
  }

  private static Optional<OnnxRuntimePeer> peer(Workload workload, Graph graph, int count) {
    try {
      Path file = Files.createTempFile("latency", ".onnx");
      try {
        ModelContest.writePeerForm(workload, graph, file);
        return Optional.of(new OnnxRuntimePeer(file, count, workload.inputs()));
      } finally {
        Files.delete(file);
      }
    } catch (OrtException | IOException e) {
      System.out.println(workload.name() + ": without onnxruntime: " + e.getMessage());
      return Optional.empty();
    }
  }

  private static void close(OnnxRuntimePeer peer) {
    try {
      peer.close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Adds the nanoseconds of each run of one turn, after a pause and two runs that wake the threads. */
  private void time(Runnable side, List<Long> nanos) {
    LockSupport.parkNanos(PAUSE_MILLIS * 1_000_000);
    side.run();
    side.run();
    long now = System.nanoTime();
    long end = now + (long) (seconds / ROUNDS * 1e9);
    while (now < end) {
      side.run();
      long next = System.nanoTime();
      nanos.add(next - now);
      now = next;
    }
  }

  private static void print(Workload workload, String engine, int count, List<Long> nanos) {
    double[] millis = nanos.stream().mapToDouble(value -> value / 1e6).sorted().toArray();
    System.out.printf(Locale.ROOT, "%-28s %-12s %7d %8d %10.3f %10.3f %10.3f %10.3f %8.2f%n", workload.name(), engine,
        count, millis.length, quantile(millis, 0.5), quantile(millis, 0.9), quantile(millis, 0.99),
        millis[millis.length - 1], quantile(millis, 0.99) / quantile(millis, 0.5));
  }

  private static double quantile(double[] sorted, double share) {
    return sorted[(int) Math.min(sorted.length - 1L, Math.round(share * (sorted.length - 1)))];
  }

  /** Runs a second of two contexts, each on a thread of its own, against one of them. */
  private void throughput(Workload workload, Engine engine) {
    Map<String, Tensor> inputs = workload.inputs();
    try (ExecutionContext first = engine.newContext();
        ExecutionContext second = engine.newContext()) {
      Interleaved.warmUpOurs(() -> second.run(inputs));
      double[] one = new double[ROUNDS];
      double[] two = new double[ROUNDS];
      for (int i = 0; i < ROUNDS; i++) {
        one[i] = runsPerSecond(List.of(first), inputs);
        two[i] = runsPerSecond(List.of(first, second), inputs);
      }
      Arrays.sort(one);
      Arrays.sort(two);
      System.out.printf(Locale.ROOT, "%-28s one context %.1f runs/s, two %.1f runs/s: %.2f%n", "", one[ROUNDS / 2],
          two[ROUNDS / 2], two[ROUNDS / 2] / one[ROUNDS / 2]);
    }
  }

  private double runsPerSecond(List<ExecutionContext> contexts, Map<String, Tensor> inputs) {
    long span = (long) (seconds / ROUNDS / 2 * 1e9);
    double[] rates = new double[contexts.size()];
    List<Thread> runners = new ArrayList<>();
    for (int i = 0; i < rates.length; i++) {
      int index = i;
      runners.add(Thread.ofPlatform().start(() -> rates[index] = rate(contexts.get(index), inputs, span)));
    }
    for (Thread runner : runners) {
      try {
        runner.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return Arrays.stream(rates).sum();
  }

  private static double rate(ExecutionContext context, Map<String, Tensor> inputs, long span) {
    long begin = System.nanoTime();
    long runs = 0;
    long now = begin;
    while (now - begin < span) {
      context.run(inputs);
      runs++;
      now = System.nanoTime();
    }
    return runs * 1e9 / (now - begin);
  }
}
