package dev.slipway.conformance;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.cpu.CpuBackendProvider;
import dev.slipway.testkit.GuardedBackend;
import dev.slipway.testkit.GuardedMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Checks random graphs, or chains of integer operators, on the cpu backend for a while and prints the seeds that fail.
 * The path is that of the JVM's system properties.
 *
 * <p>Arguments: {@code --minutes 60}, {@code --seed N} to begin with, {@code --count N} of graphs at most,
 * {@code --kind graphs|integers}, {@code --guard start|end} to have an access outside of a kernel's memory end the
 * process: see {@link GuardedBackend}. The exit status is 1 where a graph failed.
 */
public final class RandomGraphRun {
  private static final int REPORT_EVERY = 500;

  private RandomGraphRun() {}

  public static void main(String[] arguments) {
    double minutes = 1;
    long seed = 1;
    long count = Long.MAX_VALUE;
    BiFunction<Long, Backend, Optional<String>> check = RandomGraphCheck::failure;
    Optional<GuardedMemory.Edge> guard = Optional.empty();
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      switch (arguments[i]) {
        case "--minutes" -> minutes = Double.parseDouble(arguments[i + 1]);
        case "--seed" -> seed = Long.parseLong(arguments[i + 1]);
        case "--count" -> count = Long.parseLong(arguments[i + 1]);
        case "--kind" -> check = check(arguments[i + 1]);
        case "--guard" -> guard = Optional.of(GuardedMemory.Edge.valueOf(arguments[i + 1].toUpperCase(Locale.ROOT)));
        default -> throw new IllegalArgumentException(
            arguments[i] + " (expected: --minutes, --seed, --count, --kind or --guard)");
      }
    }
    System.exit(run(guarded(check, guard), seed, count, minutes) == 0 ? 0 : 1);
  }

  private static BiFunction<Long, Backend, Optional<String>> guarded(
      BiFunction<Long, Backend, Optional<String>> check, Optional<GuardedMemory.Edge> guard) {
    return (seed, backend) ->
        check.apply(seed, guard.<Backend>map(edge -> new GuardedBackend(backend, edge)).orElse(backend));
  }

  private static BiFunction<Long, Backend, Optional<String>> check(String kind) {
    return switch (kind) {
      case "graphs" -> RandomGraphCheck::failure;
      case "integers" -> RandomIntegerCheck::failure;
      default -> throw new IllegalArgumentException("--kind " + kind + " (expected: graphs or integers)");
    };
  }

  /** Gives the number of graphs that failed. */
  private static int run(
      BiFunction<Long, Backend, Optional<String>> check, long firstSeed, long count, double minutes) {
    long end = System.nanoTime() + (long) (minutes * 60e9);
    List<Long> failed = new ArrayList<>();
    long done = 0;
    try (Backend one = new CpuBackendProvider().open(BackendOptions.withThreads(1));
        Backend two = new CpuBackendProvider().open(BackendOptions.withThreads(2))) {
      System.out.println("random graphs on " + one.device().fingerprint() + ", from seed " + firstSeed);
      for (; done < count && System.nanoTime() < end; done++) {
        long seed = firstSeed + done;
        Optional<String> failure = check.apply(seed, seed % 2 == 0 ? two : one);
        if (failure.isPresent()) {
          failed.add(seed);
          System.out.println(failure.get());
        }
        if ((done + 1) % REPORT_EVERY == 0) {
          System.out.printf(Locale.ROOT, "%d graphs, %d failed%n", done + 1, failed.size());
        }
      }
    }
    System.out.println(done + " graphs, " + failed.size() + " failed" + (failed.isEmpty() ? "" : ": seeds " + failed));
    return failed.size();
  }
}
