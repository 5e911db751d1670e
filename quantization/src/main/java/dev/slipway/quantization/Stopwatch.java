package dev.slipway.quantization;

import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Measures how long runs of models take. */
final class Stopwatch {
  private static final int WARM_UP = 10;
  private static final int RUNS = 21;
  private static final int FEWEST_RUNS = 5;
  private static final double NANOS_PER_MILLI = 1e6;

  /** Warming up ends after so long, and measuring after twice that, where runs take long. */
  private static final long PATIENCE_NANOS = 500_000_000;

  private Stopwatch() {}

  /** The median of some runs in milliseconds. */
  static double millis(GraphExecution model, Map<String, Tensor> sample) {
    warmUp(model, sample);
    List<Long> nanos = new ArrayList<>();
    repeat(RUNS, FEWEST_RUNS, 2 * PATIENCE_NANOS, () -> nanos.add(nanos(model, sample)));
    return median(nanos) / NANOS_PER_MILLI;
  }

  /**
   * How long a model takes in units of another's time: medians of runs in turn, so that a slow phase of the machine
   * hits both.
   */
  static double ratio(GraphExecution model, GraphExecution other, Map<String, Tensor> sample) {
    warmUp(model, sample);
    warmUp(other, sample);
    List<Long> own = new ArrayList<>();
    List<Long> others = new ArrayList<>();
    repeat(RUNS, FEWEST_RUNS, 2 * PATIENCE_NANOS, () -> {
      own.add(nanos(model, sample));
      others.add(nanos(other, sample));
    });
    return (double) median(own) / median(others);
  }

  private static void warmUp(GraphExecution model, Map<String, Tensor> sample) {
    repeat(WARM_UP, 1, PATIENCE_NANOS, () -> model.run(sample));
  }

  private static void repeat(int most, int fewest, long patience, Runnable run) {
    long start = System.nanoTime();
    for (int i = 0; i < most && (i < fewest || System.nanoTime() - start < patience); i++) {
      run.run();
    }
  }

  private static long nanos(GraphExecution model, Map<String, Tensor> sample) {
    long start = System.nanoTime();
    model.run(sample);
    return System.nanoTime() - start;
  }

  private static long median(List<Long> nanos) {
    return nanos.stream().sorted().skip(nanos.size() / 2).findFirst().orElseThrow();
  }
}
