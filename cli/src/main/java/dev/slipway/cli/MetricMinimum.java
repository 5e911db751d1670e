package dev.slipway.cli;

import dev.slipway.evaluation.EvaluationResult;
import dev.slipway.tensor.SlipwayException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The least value that a metric may have.
 *
 * @param metric empty for the first
 */
record MetricMinimum(String metric, double value) {
  private static final Pattern FORM = Pattern.compile("(?:([A-Za-z]\\w*)=)?(-?\\d*\\.?\\d+)(%?)");

  /** Of {@code 0.6}, {@code top1=0.6} or {@code top1=60%}. */
  static MetricMinimum parse(String option, String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new SlipwayException(option + ": " + text + " (expected: VALUE or METRIC=VALUE such as top1=0.6 or"
          + " top1=60%)");
    }
    double number = Double.parseDouble(matcher.group(2));
    String name = matcher.group(1) == null ? "" : matcher.group(1);
    return new MetricMinimum(name, matcher.group(3).isEmpty() ? number : number / 100);
  }

  boolean isMet(EvaluationResult result) {
    return of(result) >= value;
  }

  private double of(EvaluationResult result) {
    if (metric.isEmpty()) {
      return result.accuracy();
    }
    if (!result.values().containsKey(metric)) {
      throw new SlipwayException("--min-accuracy: " + metric + " (expected: one of " + result.values().keySet() + ")");
    }
    return result.values().get(metric);
  }

  /** That it is not met, in words. */
  String text(EvaluationResult result) {
    String name = metric.isEmpty() ? result.values().keySet().iterator().next() : metric;
    return String.format(Locale.ROOT, "%s is %.4f (expected: at least %.4f)", name, of(result), value);
  }
}
