package dev.slipway.quantization;

import dev.slipway.tensor.Tensor;
import java.util.Map;
import java.util.stream.LongStream;

/** Measures how long one run of a model takes. */
final class Stopwatch {
  private static final int WARM_UP = 10;
  private static final int RUNS = 21;
  private static final double NANOS_PER_MILLI = 1e6;

  private Stopwatch() {}

  /** The median of some runs in milliseconds. */
  static double millis(GraphExecution model, Map<String, Tensor> sample) {
    for (int i = 0; i < WARM_UP; i++) {
      model.run(sample);
    }
    long[] nanos = LongStream.range(0, RUNS).map(run -> {
      long start = System.nanoTime();
      model.run(sample);
      return System.nanoTime() - start;
    }).sorted().toArray();
    return nanos[RUNS / 2] / NANOS_PER_MILLI;
  }
}
