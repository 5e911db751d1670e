package dev.slipway.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Statistics of times; percentiles are the nearest rank. */
final class Latencies {
  private final double[] sorted;

  /** Of times in nanoseconds, at least one. */
  Latencies(long[] nanos) {
    sorted = Arrays.stream(nanos).mapToDouble(time -> time / 1e6).sorted().toArray();
  }

  int count() {
    return sorted.length;
  }

  double median() {
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  double percentile(int percent) {
    return sorted[Math.max(0, Math.ceilDiv(sorted.length * percent, 100) - 1)];
  }

  /** By name, in milliseconds. */
  Map<String, Double> millis() {
    Map<String, Double> millis = new LinkedHashMap<>();
    millis.put("min", sorted[0]);
    millis.put("mean", Arrays.stream(sorted).average().orElseThrow());
    millis.put("median", median());
    millis.put("p90", percentile(90));
    millis.put("p95", percentile(95));
    millis.put("p99", percentile(99));
    millis.put("max", sorted[sorted.length - 1]);
    return millis;
  }

  /** In one line. */
  String text() {
    return millis().entrySet().stream()
        .map(entry -> entry.getKey() + " " + Quantity.millis(entry.getValue()))
        .collect(Collectors.joining(", "));
  }
}
