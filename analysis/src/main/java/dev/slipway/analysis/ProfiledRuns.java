package dev.slipway.analysis;

import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.runtime.RunTime;
import dev.slipway.tensor.Datum;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Runs of an engine whose steps were timed, in turns with runs without timing: of each stream. */
public record ProfiledRuns(List<StreamRuns> streams, Disturbance disturbance) {

  /**
   * Those of one thread.
   *
   * @param plainNanos of the runs without timing
   */
  public record StreamRuns(List<RunTime> timed, long[] plainNanos, long workspaceBytes) {}

  /**
   * Profiles.
   *
   * @param load one run after another; as many again are not timed
   */
  public static ProfiledRuns of(Engine engine, Map<String, Datum> input, Load load) {
    MachineState[] before = new MachineState[1];
    List<StreamRuns> streams = Streams.run(engine, load.streams(), context -> {
      Map<String, Datum> own = Streams.inContext(context, input);
      WarmUp.run(() -> context.runAny(own), load.warmUpMillis(), 1);
      WarmUp.run(() -> context.timedRun(own), 0, 2);
      before[0] = MachineState.now();
      return () -> profile(context, own, load);
    });
    return new ProfiledRuns(
        streams, Disturbance.between(before[0], MachineState.now(), streams.getFirst().plainNanos));
  }

  private static StreamRuns profile(ExecutionContext context, Map<String, Datum> input, Load load) {
    List<RunTime> timed = new ArrayList<>();
    List<Long> plain = new ArrayList<>();
    long begin = System.nanoTime();
    while (timed.size() < load.iterations() || System.nanoTime() - begin < load.seconds() * 1e9) {
      boolean plainFirst = timed.size() % 2 == 0;
      if (plainFirst) {
        plain.add(plainRun(context, input));
      }
      timed.add(context.timedRun(input));
      if (!plainFirst) {
        plain.add(plainRun(context, input));
      }
    }
    return new StreamRuns(timed, plain.stream().mapToLong(Long::longValue).toArray(), context.workspaceBytes());
  }

  private static long plainRun(ExecutionContext context, Map<String, Datum> input) {
    long start = System.nanoTime();
    context.runAny(input);
    return System.nanoTime() - start;
  }

  /** Bytes of the workspace of one stream. */
  public long workspaceBytes() {
    return streams.getFirst().workspaceBytes;
  }

  /** The timed runs of all streams. */
  public List<RunTime> timed() {
    return streams.stream().flatMap(stream -> stream.timed.stream()).toList();
  }

  /** Nanoseconds of the runs without timing, of all streams. */
  public long[] plainNanos() {
    return streams.stream().flatMapToLong(stream -> Arrays.stream(stream.plainNanos)).toArray();
  }
}
