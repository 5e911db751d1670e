package dev.slipway.analysis;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;

/** Runs before time is measured. */
final class WarmUp {
  private static final long ROUND_NANOS = 400_000_000L;
  private static final long LONGEST_NANOS = 60_000_000_000L;
  private static final int QUIET_ROUNDS = 2;
  private static final long QUIET_COMPILATION_MILLIS = 20;

  private WarmUp() {}

  /**
   * Runs for some time.
   *
   * @param millis NaN to go on until times are stable
   * @param atLeast runs, so that no shape is compiled while time is measured
   */
  static void run(Runnable run, double millis, int atLeast) {
    if (Double.isNaN(millis)) {
      untilStable(run, atLeast);
    } else {
      forNanos(run, (long) (millis * 1e6), atLeast);
    }
  }

  private static int forNanos(Runnable run, long nanos, int atLeast) {
    long begin = System.nanoTime();
    int runs = 0;
    while (runs < atLeast || System.nanoTime() - begin < nanos) {
      run.run();
      runs++;
    }
    return runs;
  }

  /** Until the just-in-time compiler has nothing left to do and runs do not get faster, a minute at most. */
  private static void untilStable(Runnable run, int atLeast) {
    long begin = System.nanoTime();
    double best = Double.POSITIVE_INFINITY;
    int quiet = 0;
    while (quiet < QUIET_ROUNDS && System.nanoTime() - begin < LONGEST_NANOS) {
      long compiling = compilationMillis();
      long roundBegin = System.nanoTime();
      int runs = forNanos(run, ROUND_NANOS, atLeast);
      double nanos = (double) (System.nanoTime() - roundBegin) / runs;
      boolean isQuiet = compilationMillis() - compiling < QUIET_COMPILATION_MILLIS && nanos > best * 0.9;
      quiet = isQuiet ? quiet + 1 : 0;
      best = Math.min(best, nanos);
    }
  }

  /** That the just-in-time compiler has worked so far. */
  static long compilationMillis() {
    CompilationMXBean compilation = ManagementFactory.getCompilationMXBean();
    return compilation == null ? 0 : compilation.getTotalCompilationTime();
  }
}
