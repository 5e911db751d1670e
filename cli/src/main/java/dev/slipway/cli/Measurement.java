package dev.slipway.cli;

import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Datum;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Runs of an engine, one after another in each stream.
 *
 * @param runs in the order of their starts
 * @param seconds from the first start to the last end
 * @param workspaceBytes of one stream
 */
record Measurement(List<TimedRun> runs, double seconds, long workspaceBytes) {

  /** Begin and end in nanoseconds since the measurement began. */
  record TimedRun(long start, long end) {
    long nanos() {
      return end - start;
    }
  }

  /**
   * Measures.
   *
   * @param inputs that take turns
   * @param streams threads, each with a context of its own
   * @param warmUpMillis NaN to warm up until times are stable
   * @param iterations of each stream at least
   */
  static Measurement of(
      Engine engine,
      List<Map<String, Datum>> inputs,
      int streams,
      double warmUpMillis,
      double durationSeconds,
      int iterations) {
    CyclicBarrier start = new CyclicBarrier(streams);
    try (ExecutorService threads = Executors.newFixedThreadPool(streams)) {
      List<Future<StreamRuns>> futures = new ArrayList<>();
      for (int i = 0; i < streams; i++) {
        futures.add(threads.submit(() -> {
          try (ExecutionContext context = engine.newContext()) {
            Stream stream = new Stream(context, inputs);
            if (Double.isNaN(warmUpMillis)) {
              stream.warmUpUntilStable();
            } else {
              stream.warmUp((long) (warmUpMillis * 1e6));
            }
            start.await();
            return stream.measure((long) (durationSeconds * 1e9), iterations);
          } catch (RuntimeException | Error e) {
            start.reset();
            throw e;
          }
        }));
      }
      return collect(futures);
    }
  }

  private static Measurement collect(List<Future<StreamRuns>> futures) {
    List<StreamRuns> streams = new ArrayList<>();
    RuntimeException failure = null;
    for (Future<StreamRuns> future : futures) {
      try {
        streams.add(future.get());
      } catch (ExecutionException e) {
        if (e.getCause() instanceof Error error) {
          throw error;
        }
        boolean isConsequence = e.getCause() instanceof BrokenBarrierException;
        if (failure == null || !isConsequence) {
          failure = e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while measuring", e);
      }
    }
    if (failure != null) {
      throw failure;
    }
    return of(streams);
  }

  private static Measurement of(List<StreamRuns> streams) {
    long origin = streams.stream().mapToLong(stream -> stream.starts[0]).min().orElseThrow();
    List<TimedRun> runs = new ArrayList<>();
    for (StreamRuns stream : streams) {
      for (int i = 0; i < stream.starts.length; i++) {
        runs.add(new TimedRun(stream.starts[i] - origin, stream.ends[i] - origin));
      }
    }
    runs.sort(Comparator.comparingLong(TimedRun::start));
    long last = runs.stream().mapToLong(TimedRun::end).max().orElseThrow();
    return new Measurement(runs, last / 1e9, streams.getFirst().workspaceBytes);
  }

  private record StreamRuns(long[] starts, long[] ends, long workspaceBytes) {}

  /** What one thread runs. */
  private record Stream(ExecutionContext context, List<Map<String, Datum>> inputs) {
    private static final long ROUND_NANOS = 400_000_000L;
    private static final long LONGEST_WARM_UP_NANOS = 60_000_000_000L;
    private static final int QUIET_ROUNDS = 2;
    private static final long QUIET_COMPILATION_MILLIS = 20;

    /** Every input at least once, so that no shape is compiled while time is measured. */
    int warmUp(long nanos) {
      long begin = System.nanoTime();
      int runs = 0;
      while (runs < inputs.size() || System.nanoTime() - begin < nanos) {
        context.runAny(inputs.get(runs % inputs.size()));
        runs++;
      }
      return runs;
    }

    /** Until the just-in-time compiler has nothing left to do and runs do not get faster, a minute at most. */
    void warmUpUntilStable() {
      long begin = System.nanoTime();
      double best = Double.POSITIVE_INFINITY;
      int quiet = 0;
      while (quiet < QUIET_ROUNDS && System.nanoTime() - begin < LONGEST_WARM_UP_NANOS) {
        long compiling = compilationMillis();
        long roundBegin = System.nanoTime();
        int runs = warmUp(ROUND_NANOS);
        double nanos = (double) (System.nanoTime() - roundBegin) / runs;
        boolean isQuiet = compilationMillis() - compiling < QUIET_COMPILATION_MILLIS && nanos > best * 0.9;
        quiet = isQuiet ? quiet + 1 : 0;
        best = Math.min(best, nanos);
      }
    }

    private static long compilationMillis() {
      CompilationMXBean compilation = ManagementFactory.getCompilationMXBean();
      return compilation == null ? 0 : compilation.getTotalCompilationTime();
    }

    StreamRuns measure(long nanos, int iterations) {
      long[] starts = new long[1024];
      long[] ends = new long[1024];
      int count = 0;
      long begin = System.nanoTime();
      long now = begin;
      while (count < iterations || now - begin < nanos) {
        if (count == starts.length) {
          starts = Arrays.copyOf(starts, 2 * count);
          ends = Arrays.copyOf(ends, 2 * count);
        }
        Map<String, Datum> next = inputs.get(count % inputs.size());
        starts[count] = System.nanoTime();
        context.runAny(next);
        now = System.nanoTime();
        ends[count] = now;
        count++;
      }
      return new StreamRuns(Arrays.copyOf(starts, count), Arrays.copyOf(ends, count), context.workspaceBytes());
    }
  }

  Latencies latencies() {
    return new Latencies(runs.stream().mapToLong(TimedRun::nanos).toArray());
  }

  /** Runs per second, of all streams together. */
  double throughput() {
    return runs.size() / seconds;
  }
}
