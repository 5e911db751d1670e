package dev.slipway.analysis;

import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Datum;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Runs of an engine, or of several on as many devices.
 *
 * @param runs in the order of their starts
 * @param seconds from the first start to the last end
 * @param workspaceBytes of one stream
 * @param disturbance what else went on meanwhile
 */
public record Measurement(List<TimedRun> runs, double seconds, long workspaceBytes, Disturbance disturbance) {

  /**
   * Nanoseconds since the measurement began.
   *
   * @param due when it should have begun: with a fixed rate of arrival, else when it began
   */
  public record TimedRun(long due, long start, long end) {

    /** From when it was due to its end: a run that waits for others has waited. */
    public long latencyNanos() {
      return end - due;
    }

    /** From its start to its end. */
    public long serviceNanos() {
      return end - start;
    }
  }

  /**
   * Measures.
   *
   * @param inputs that take turns
   */
  public static Measurement of(Engine engine, List<Map<String, Datum>> inputs, Load load) {
    return of(List.of(engine), inputs, load);
  }

  /**
   * Measures engines that run at once, on several devices.
   *
   * @param load whose streams each of them has
   */
  public static Measurement of(List<Engine> engines, List<Map<String, Datum>> inputs, Load load) {
    Arrivals arrivals = new Arrivals(load);
    List<StreamRuns> streams = Streams.run(engines, load.streams(), new StreamWork(inputs, load, arrivals));
    return of(streams, arrivals);
  }

  private static Measurement of(List<StreamRuns> streams, Arrivals arrivals) {
    MachineState after = MachineState.now();
    long origin = arrivals.begin();
    List<TimedRun> runs = new ArrayList<>();
    for (StreamRuns stream : streams) {
      for (TimedRun run : stream.runs) {
        runs.add(new TimedRun(run.due - origin, run.start - origin, run.end - origin));
      }
    }
    runs.sort(Comparator.comparingLong(TimedRun::start));
    long first = runs.getFirst().start;
    long last = runs.stream().mapToLong(TimedRun::end).max().orElseThrow();
    long[] service = runs.stream().mapToLong(TimedRun::serviceNanos).toArray();
    return new Measurement(
        List.copyOf(runs),
        (last - first) / 1e9,
        streams.getFirst().workspaceBytes,
        Disturbance.between(arrivals.before(), after, service));
  }

  private record StreamRuns(List<TimedRun> runs, long workspaceBytes) {}

  /** When runs begin; begins with the first that asks. */
  private static final class Arrivals {
    private final Load load;
    private final AtomicLong next = new AtomicLong();
    private long begin;
    private MachineState before;

    Arrivals(Load load) {
      this.load = load;
    }

    synchronized long begin() {
      if (before == null) {
        before = MachineState.now();
        begin = System.nanoTime();
      }
      return begin;
    }

    synchronized MachineState before() {
      return before;
    }

    /** When the next run is due, of all streams. */
    long due() {
      return begin + (long) (next.getAndIncrement() * 1e9 / load.ratePerSecond());
    }
  }

  private record StreamWork(List<Map<String, Datum>> inputs, Load load, Arrivals arrivals)
      implements Streams.Work<StreamRuns> {
    /** Waiting threads wake up late by some tens of microseconds, so the last part of a wait is spent awake. */
    private static final long SPIN_NANOS = 200_000;

    @Override
    public Supplier<StreamRuns> warmUp(ExecutionContext context) {
      List<Map<String, Datum>> own = inputs.stream().map(input -> Streams.inContext(context, input)).toList();
      int[] turn = {0};
      WarmUp.run(() -> context.runAny(own.get(turn[0]++ % own.size())), load.warmUpMillis(), own.size());
      return () -> measure(context, own);
    }

    private StreamRuns measure(ExecutionContext context, List<Map<String, Datum>> own) {
      List<TimedRun> runs = new ArrayList<>(1024);
      long begin = arrivals.begin();
      long end = begin + (long) (load.seconds() * 1e9);
      long now = begin;
      while (runs.size() < load.iterations() || now < end) {
        Map<String, Datum> input = own.get(runs.size() % own.size());
        long due = load.isOpen() ? await(arrivals.due()) : System.nanoTime();
        long start = load.isOpen() ? System.nanoTime() : due;
        context.runAny(input);
        now = System.nanoTime();
        runs.add(new TimedRun(due, start, now));
      }
      return new StreamRuns(runs, context.workspaceBytes());
    }

    private static long await(long due) {
      long left = due - System.nanoTime();
      while (left > 0) {
        if (left > SPIN_NANOS) {
          LockSupport.parkNanos(left - SPIN_NANOS);
        } else {
          Thread.onSpinWait();
        }
        left = due - System.nanoTime();
      }
      return due;
    }
  }

  /** From when runs were due to their ends. */
  public Latencies latencies() {
    return new Latencies(runs.stream().mapToLong(TimedRun::latencyNanos).toArray());
  }

  /** From the starts of runs to their ends. */
  public Latencies service() {
    return new Latencies(runs.stream().mapToLong(TimedRun::serviceNanos).toArray());
  }

  /** Runs per second, of all streams together. */
  public double throughput() {
    return runs.size() / seconds;
  }
}
