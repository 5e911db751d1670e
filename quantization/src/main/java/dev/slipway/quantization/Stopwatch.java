package dev.slipway.quantization;

import dev.slipway.tensor.Tensor;
import java.util.Map;
import java.util.stream.LongStream;

/** Measures how long runs of models take. */
final class Stopwatch {
  private static final int WARM_UP = 10;
  private static final int RUNS = 21;
  private static final double NANOS_PER_MILLI = 1e6;

  private Stopwatch() {}

  /** The median of some runs in milliseconds. */
  static double millis(GraphExecution model, Map<String, Tensor> sample) {
    warmUp(model, sample);
    return median(LongStream.range(0, RUNS).map(run -> nanos(model, sample))) / NANOS_PER_MILLI;
  }

  /**
   * How long a model takes in units of another's time: medians of runs in turn, so that a slow phase of the machine
   * hits both.
   */
  static double ratio(GraphExecution model, GraphExecution other, Map<String, Tensor> sample) {
    warmUp(model, sample);
    warmUp(other, sample);
    long[] own = new long[RUNS];
    long[] others = new long[RUNS];
    for (int run = 0; run < RUNS; run++) {
      own[run] = nanos(model, sample);
      others[run] = nanos(other, sample);
    }
    return (double) median(LongStream.of(own)) / median(LongStream.of(others));
  }

  private static void warmUp(GraphExecution model, Map<String, Tensor> sample) {
    for (int i = 0; i < WARM_UP; i++) {
      model.run(sample);
    }
  }

  private static long nanos(GraphExecution model, Map<String, Tensor> sample) {
    long start = System.nanoTime();
    model.run(sample);
    return System.nanoTime() - start;
  }

  private static long median(LongStream nanos) {
    return nanos.sorted().skip(RUNS / 2).findFirst().orElseThrow();
  }
}
