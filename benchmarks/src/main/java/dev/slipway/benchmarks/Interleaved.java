package dev.slipway.benchmarks;

import java.util.Arrays;

/**
 * Measures two ways to do the same against each other in one process: samples alternate, so that a disturbance of the
 * machine hits both.
 *
 * @param ours milliseconds a run, sorted
 * @param theirs milliseconds a run, sorted
 */
record Interleaved(double[] ours, double[] theirs) {
  private static final long SETTLED_NANOS = 1_500_000_000L;
  private static final long LONGEST_WARM_UP_NANOS = 20_000_000_000L;
  private static final long SAMPLE_NANOS = 10_000_000L;
  /** Lets the threads of the side that just ran go to sleep: those of ONNX Runtime spin for tens of milliseconds. */
  private static final long PAUSE_MILLIS = 50;

  /** Runs both sides until they are warm, then takes so many samples of each. */
  static Interleaved measure(Runnable ours, Runnable theirs, int samples) {
    int ourRuns = warmUp(ours);
    int theirRuns = warmUp(theirs);
    double[] a = new double[samples];
    double[] b = new double[samples];
    for (int i = 0; i < samples; i++) {
      a[i] = sample(ours, ourRuns);
      b[i] = sample(theirs, theirRuns);
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

  /** Runs until no run has been faster than the fastest before for a while; gives the runs of one sample. */
  private static int warmUp(Runnable side) {
    long start = System.nanoTime();
    long last = start;
    long improved = start;
    long fastest = Long.MAX_VALUE;
    while (last - improved < SETTLED_NANOS && last - start < LONGEST_WARM_UP_NANOS) {
      side.run();
      long now = System.nanoTime();
      if (now - last < fastest * 0.97) {
        fastest = now - last;
        improved = now;
      }
      last = now;
    }
    return Math.clamp(SAMPLE_NANOS / Math.max(fastest, 1), 1, 10_000);
  }

  private static double sample(Runnable side, int runs) {
    pause();
    side.run();
    long start = System.nanoTime();
    for (int i = 0; i < runs; i++) {
      side.run();
    }
    return (System.nanoTime() - start) / 1e6 / runs;
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
