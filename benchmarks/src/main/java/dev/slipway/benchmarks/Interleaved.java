package dev.slipway.benchmarks;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;

/**
 * Measures two ways to do the same against each other in one process: samples alternate, so that a disturbance of the
 * machine hits both.
 *
 * @param ours milliseconds a run, sorted
 * @param theirs milliseconds a run, sorted
 */
record Interleaved(double[] ours, double[] theirs) {
  private static final CompilationMXBean COMPILER = ManagementFactory.getCompilationMXBean();
  /** The just-in-time compiler works on our side for a while. */
  private static final long OUR_SETTLED_NANOS = 1_200_000_000L;
  private static final long COMPILER_WINDOW_NANOS = 500_000_000L;
  private static final long QUIET_COMPILER_MILLIS = 10;
  private static final long THEIR_SETTLED_NANOS = 300_000_000L;
  private static final long LONGEST_WARM_UP_NANOS = 20_000_000_000L;
  private static final long SAMPLE_NANOS = 10_000_000L;
  /** Runs longer than this are not much slower with cold caches. */
  private static final double LONG_MILLIS = 20;
  /** Lets the threads of the side that just ran go to sleep: those of ONNX Runtime spin for 50 ms. */
  private static final long PAUSE_MILLIS = 60;

  /** Two engines of ours: runs both until they are warm, then takes so many samples of each. */
  static Interleaved measure(Runnable ours, Runnable theirs, int samples) {
    return measure(ours, warmUpOurs(ours), theirs, warmUpOurs(theirs), 0, samples);
  }

  /**
   * An engine of ours and a peer without a just-in-time compiler.
   *
   * @param threads of each side; one alone has no others that could still spin
   */
  static Interleaved againstPeer(Runnable ours, Runnable theirs, int threads, int samples) {
    long pause = threads > 1 ? PAUSE_MILLIS : 0;
    return measure(ours, warmUpOurs(ours), theirs, warmUp(theirs), pause, samples);
  }

  private static Interleaved measure(
      Runnable ours, double ourMillis, Runnable theirs, double theirMillis, long pause, int samples) {
    double[] a = new double[samples];
    double[] b = new double[samples];
    for (int i = 0; i < samples; i++) {
      a[i] = sample(ours, ourMillis, pause);
      b[i] = sample(theirs, theirMillis, pause);
    }
    Arrays.sort(a);
    Arrays.sort(b);
    return new Interleaved(a, b);
  }

  double ourMedian() {
    return ours[ours.length / 2];
  }

  double theirMedian() {
    return theirs[theirs.length / 2];
  }

  /** How many times as fast ours is. */
  double ratio() {
    return theirMedian() / ourMedian();
  }

  /**
   * The milliseconds of the fastest run of an engine of ours, once the just-in-time compiler is done with it: until
   * then its threads take a core from ours for seconds.
   */
  static double warmUpOurs(Runnable ours) {
    double fastest = warmUp(ours, OUR_SETTLED_NANOS);
    long start = System.nanoTime();
    boolean compiles = true;
    while (compiles && System.nanoTime() - start < LONGEST_WARM_UP_NANOS) {
      compiles = compilesDuring(ours);
    }
    return fastest;
  }

  /** Runs for a while; tells whether the just-in-time compiler was at work in it. */
  private static boolean compilesDuring(Runnable side) {
    long compiled = COMPILER.getTotalCompilationTime();
    long start = System.nanoTime();
    while (System.nanoTime() - start < COMPILER_WINDOW_NANOS) {
      side.run();
    }
    return COMPILER.getTotalCompilationTime() - compiled > QUIET_COMPILER_MILLIS;
  }

  /** The milliseconds of the fastest run of a side without a just-in-time compiler, once it is warm. */
  static double warmUp(Runnable side) {
    return warmUp(side, THEIR_SETTLED_NANOS);
  }

  /** Runs until no run has been faster than the fastest before for so long; gives the milliseconds of the fastest. */
  private static double warmUp(Runnable side, long settledNanos) {
    long start = System.nanoTime();
    long last = start;
    long improved = start;
    long fastest = Long.MAX_VALUE;
    while (last - improved < settledNanos && last - start < LONGEST_WARM_UP_NANOS) {
      side.run();
      long now = System.nanoTime();
      if (now - last < fastest * 0.97) {
        improved = now;
      }
      fastest = Math.min(fastest, now - last);
      last = now;
    }
    return fastest / 1e6;
  }

  private static double sample(Runnable side, double expectedMillis, long pauseMillis) {
    int runs = Math.clamp((long) (SAMPLE_NANOS / 1e6 / expectedMillis), 1, 10_000);
    pause(pauseMillis);
    if (expectedMillis < LONG_MILLIS) {
      side.run();
    }
    long start = System.nanoTime();
    for (int i = 0; i < runs; i++) {
      side.run();
    }
    return (System.nanoTime() - start) / 1e6 / runs;
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
