package dev.slipway.evaluation;

import java.util.Arrays;

/** Times of one sample, in milliseconds. */
public record Latency(double mean, double median) {

  /** Of times in nanoseconds, at least one. */
  static Latency of(long[] nanos) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
    return new Latency(Arrays.stream(sorted).average().orElseThrow() / 1e6, median / 1e6);
  }
}
