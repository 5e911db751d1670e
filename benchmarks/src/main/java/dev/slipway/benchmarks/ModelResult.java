package dev.slipway.benchmarks;

import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What a workload took on both sides.
 *
 * @param oursMillis the median of a run
 * @param theirsMillis the median of a run of the peer
 * @param buildSeconds that building the plan took
 * @param loadMillis from a plan to a context
 * @param theirLoadMillis that creating the peer's session took
 * @param difference the largest |ours − theirs| / max(1, |theirs|) of all outputs
 * @param floatSpeedup how many times as fast as our plan of the model of floats; NaN where there is none
 */
record ModelResult(
    String model,
    int threads,
    double oursMillis,
    double theirsMillis,
    double buildSeconds,
    double loadMillis,
    double theirLoadMillis,
    double difference,
    double floatSpeedup) {

  /** How many times as fast as the peer. */
  double ratio() {
    return theirsMillis / oursMillis;
  }

  /** Of several runs, the one with the median ratio. */
  static ModelResult median(List<ModelResult> runs) {
    return runs.stream().sorted(Comparator.comparingDouble(ModelResult::ratio)).toList().get((runs.size() - 1) / 2);
  }

  /** The geometric mean of the ratios at this number of threads. */
  static double meanRatio(List<ModelResult> results, int threads) {
    return mean(results, threads, ModelResult::ratio);
  }

  /** The geometric mean of the speed-ups over models of floats, of those that have one; NaN where none has. */
  static double meanFloatSpeedup(List<ModelResult> results, int threads) {
    return mean(results, threads, ModelResult::floatSpeedup);
  }

  private static double mean(List<ModelResult> results, int threads, ToDoubleFunction<ModelResult> what) {
    return Math.exp(results.stream()
        .filter(result -> result.threads == threads)
        .mapToDouble(what)
        .filter(value -> !Double.isNaN(value))
        .map(Math::log)
        .average()
        .orElse(Double.NaN));
  }
}
