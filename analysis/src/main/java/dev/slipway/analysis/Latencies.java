package dev.slipway.analysis;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Statistics of times; percentiles are the nearest rank. */
public final class Latencies {
  private final double[] sorted;

  /** Of times in nanoseconds, at least one. */
  public Latencies(long[] nanos) {
    sorted = Arrays.stream(nanos).mapToDouble(time -> time / 1e6).sorted().toArray();
  }

  public int count() {
    return sorted.length;
  }

  /** In milliseconds. */
  public double median() {
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** In milliseconds. */
  public double percentile(int percent) {
    return sorted[Math.max(0, Math.ceilDiv(sorted.length * percent, 100) - 1)];
  }

  /** By name, in milliseconds. */
  public Map<String, Double> millis() {
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
}
