package dev.slipway.quantization;

import java.util.Comparator;
import java.util.List;

/**
 * A way to quantise a model that was measured.
 *
 * @param name what was done
 * @param accuracy by the measure of the search
 * @param latencyMillis median of runs of one sample; of all but the float model by the ratio of runs in turn with it
 * @param floatLayers layers that were left in floating point
 * @param layers how many could be quantised
 */
public record Attempt(
    String name, double accuracy, double latencyMillis, List<String> floatLayers, int layers) {

  public Attempt {
    floatLayers = List.copyOf(floatLayers);
  }

  /** Whether another attempt is at least as good in both and better in one. */
  boolean isDominatedBy(Attempt other) {
    return other.accuracy >= accuracy && other.latencyMillis <= latencyMillis
        && (other.accuracy > accuracy || other.latencyMillis < latencyMillis);
  }

  /** The attempts that no other beats in accuracy and latency, the fastest first. */
  static List<Attempt> front(List<Attempt> attempts) {
    return attempts.stream()
        .filter(attempt -> attempts.stream().noneMatch(attempt::isDominatedBy))
        .sorted(Comparator.comparingDouble(Attempt::latencyMillis))
        .toList();
  }
}
