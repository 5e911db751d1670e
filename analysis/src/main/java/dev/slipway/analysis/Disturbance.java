package dev.slipway.analysis;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What went on beside a measurement and may have changed its times.
 *
 * @param stolenSeconds processor time that the hypervisor gave to others
 * @param otherLoad processors that other processes kept busy, on average
 * @param preemptions times that a thread of this process had to leave its processor
 * @param collectionMillis of the garbage collector
 * @param compilationMillis of the just-in-time compiler
 * @param outliers part of the runs that lie far out: more than three interquartile ranges above the third quartile
 * @param drift of the median from the first third of the runs to the last one: 0.02 for two percent slower
 */
public record Disturbance(
    double seconds,
    double stolenSeconds,
    double otherLoad,
    long preemptions,
    long collectionMillis,
    long compilationMillis,
    double outliers,
    double drift) {
  private static final double TICKS_PER_SECOND = 100;
  private static final int RUNS_FOR_DRIFT = 30;

  static Disturbance between(MachineState before, MachineState after, long[] nanos) {
    double seconds = (after.nanos() - before.nanos()) / 1e9;
    double others = (after.busyTicks() - before.busyTicks() - after.ownTicks() + before.ownTicks()) / TICKS_PER_SECOND;
    return new Disturbance(
        seconds,
        (after.stolenTicks() - before.stolenTicks()) / TICKS_PER_SECOND,
        Math.max(0, others / seconds),
        Math.max(0, after.preemptions() - before.preemptions()),
        after.collectionMillis() - before.collectionMillis(),
        after.compilationMillis() - before.compilationMillis(),
        outliers(nanos),
        drift(nanos));
  }

  private static double outliers(long[] nanos) {
    double third = Samples.quantile(nanos, 0.75);
    double limit = third + 3 * (third - Samples.quantile(nanos, 0.25));
    return Arrays.stream(nanos).filter(time -> time > limit).count() / (double) nanos.length;
  }

  private static double drift(long[] nanos) {
    if (nanos.length < RUNS_FOR_DRIFT) {
      return 0;
    }
    int third = nanos.length / 3;
    double first = Samples.median(Arrays.copyOf(nanos, third));
    return Samples.median(Arrays.copyOfRange(nanos, nanos.length - third, nanos.length)) / first - 1;
  }

  /** What is worth a warning, for people; empty for a quiet machine. */
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    warn(
        warnings,
        stolenSeconds > 0.01 * seconds,
        "the hypervisor took %.1f %% of a processor",
        100 * stolenSeconds / seconds);
    warn(warnings, otherLoad > 0.1, "other processes kept %.2f processors busy", otherLoad);
    warn(
        warnings,
        preemptions > 20 * seconds,
        "threads were preempted %.0f times a second",
        preemptions / seconds);
    warn(
        warnings,
        collectionMillis > 10 * seconds,
        "the garbage collector took %.1f %% of the time",
        collectionMillis / seconds / 10);
    warn(
        warnings,
        compilationMillis > 20 * seconds,
        "the just-in-time compiler took %.1f %% of the time: warm up longer",
        compilationMillis / seconds / 10);
    warn(warnings, outliers > 0.02, "%.1f %% of the runs lie far out", 100 * outliers);
    warn(
        warnings,
        Math.abs(drift) > 0.05,
        "the median drifted by %+.1f %% from the first third to the last",
        100 * drift);
    return warnings;
  }

  private static void warn(List<String> warnings, boolean applies, String text, double value) {
    if (applies) {
      warnings.add(String.format(Locale.ROOT, text, value));
    }
  }

  /** As an object of JSON. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("stolenSeconds", stolenSeconds);
    json.put("otherLoad", otherLoad);
    json.put("preemptions", preemptions);
    json.put("collectionMs", collectionMillis);
    json.put("compilationMs", compilationMillis);
    json.put("outliers", outliers);
    json.put("drift", drift);
    json.put("warnings", warnings());
    return json;
  }
}
