package dev.slipway.evaluation;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an evaluation found.
 *
 * @param values of the metrics, by name, the first being the one by which models are compared
 * @param samples how many ran
 * @param latency of the model alone, for one sample
 * @param seconds from the first sample to the last, preparation included
 */
public record EvaluationResult(Map<String, Double> values, int samples, Latency latency, double seconds) {
  public EvaluationResult {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** The first value: more is better. */
  public double accuracy() {
    return values.values().iterator().next();
  }
}
