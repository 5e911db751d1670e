package dev.slipway.analysis;

import java.util.ArrayList;
import java.util.List;

/**
 * Two ways to do the same, measured in turns in one process, so that a disturbance of the machine hits both. A sample
 * is the mean of as many runs as fill ten milliseconds.
 *
 * @param ours nanoseconds of a run, a sample each
 * @param theirs those of the other side, taken right before or after
 */
public record Contest(long[] ours, long[] theirs, Disturbance disturbance) {
  private static final double SAMPLE_NANOS = 10e6;
  /** Runs longer than this are not much slower with cold caches. */
  private static final double LONG_NANOS = 20e6;
  private static final int SMALLEST = 15;

  /**
   * How long to measure.
   *
   * @param warmUpMillis of each side; NaN to warm up until times are stable
   * @param pauseMillis before each sample, for the threads of the side that just ran to go to sleep
   */
  public record Rules(double warmUpMillis, double seconds, long pauseMillis) {}

  /** Warms both sides up, then takes samples of them in turns, which side is first changing. */
  public static Contest of(Runnable ours, Runnable theirs, Rules rules) {
    Side first = Side.warm(ours, rules);
    Side second = Side.warm(theirs, rules);
    List<Long> a = new ArrayList<>();
    List<Long> b = new ArrayList<>();
    MachineState before = MachineState.now();
    long begin = System.nanoTime();
    while (a.size() < SMALLEST || System.nanoTime() - begin < rules.seconds * 1e9) {
      if (a.size() % 2 == 0) {
        a.add(first.sample());
        b.add(second.sample());
      } else {
        b.add(second.sample());
        a.add(first.sample());
      }
    }
    long[] own = array(a);
    return new Contest(own, array(b), Disturbance.between(before, MachineState.now(), own));
  }

  private static long[] array(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  private record Side(Runnable run, double expectedNanos, long pauseMillis) {
    static Side warm(Runnable run, Rules rules) {
      WarmUp.run(run, rules.warmUpMillis, 2);
      long start = System.nanoTime();
      run.run();
      return new Side(run, System.nanoTime() - start, rules.pauseMillis);
    }

    long sample() {
      int runs = Math.clamp((long) (SAMPLE_NANOS / expectedNanos), 1, 10_000);
      pause();
      if (expectedNanos < LONG_NANOS) {
        run.run();
      }
      long start = System.nanoTime();
      for (int i = 0; i < runs; i++) {
        run.run();
      }
      return (System.nanoTime() - start) / runs;
    }

    private void pause() {
      try {
        Thread.sleep(pauseMillis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while measuring", e);
      }
    }
  }

  /** The median of our samples, in milliseconds. */
  public double ourMillis() {
    return Samples.median(ours) / 1e6;
  }

  /** The median of their samples, in milliseconds. */
  public double theirMillis() {
    return Samples.median(theirs) / 1e6;
  }

  /** Our median over theirs, with the interval in which it lies with a confidence of 95 %. */
  public MedianRatio ratio() {
    return MedianRatio.of(ours, theirs);
  }
}
