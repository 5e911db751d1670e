package dev.slipway.evaluation;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * {@code f1}, {@code precision} and {@code recall} of the best class. With one score (above one half is class 1) or two
 * they are those of class 1, else the mean over the classes that occur.
 */
public final class FScore implements Metric {
  private static final String NAME = "F1";

  private int[] right = new int[2];
  private int[] predicted = new int[2];
  private int[] actual = new int[2];
  private boolean isBinary = true;

  @Override
  public void add(Prediction prediction, Label label) {
    float[] scores = Comparisons.scores(NAME, prediction);
    int category = Comparisons.category(NAME, label);
    int best = best(scores);
    grow(Math.max(Math.max(category, best) + 1, scores.length));
    isBinary &= scores.length <= 2;
    predicted[best]++;
    actual[category]++;
    right[category] += best == category ? 1 : 0;
  }

  private void grow(int classes) {
    if (classes > right.length) {
      right = Arrays.copyOf(right, classes);
      predicted = Arrays.copyOf(predicted, classes);
      actual = Arrays.copyOf(actual, classes);
    }
  }

  /** One score is the probability of class 1. */
  private static int best(float[] scores) {
    if (scores.length == 1) {
      return scores[0] > 0.5f ? 1 : 0;
    }
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    return best;
  }

  @Override
  public Map<String, Double> values() {
    int[] classes = isBinary
        ? new int[] {1}
        : IntStream.range(0, right.length).filter(i -> predicted[i] + actual[i] > 0).toArray();
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("f1", mean(classes, i -> ratio(2.0 * right[i], predicted[i] + actual[i])));
    values.put("precision", mean(classes, i -> ratio(right[i], predicted[i])));
    values.put("recall", mean(classes, i -> ratio(right[i], actual[i])));
    return values;
  }

  private static double mean(int[] classes, IntToDoubleFunction value) {
    return Arrays.stream(classes).mapToDouble(value).average().orElse(0);
  }

  private static double ratio(double part, int whole) {
    return whole == 0 ? 0 : part / whole;
  }
}
