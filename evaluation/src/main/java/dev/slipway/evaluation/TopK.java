package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import java.util.LinkedHashMap;
import java.util.Map;

/** How often the right class is the best one, and how often among the best five: {@code top1}, {@code top5}. */
public final class TopK implements Metric {
  private static final int K = 5;

  private int first;
  private int amongFive;
  private int count;

  @Override
  public void add(Prediction prediction, Label label) {
    float[] scores = Comparisons.scores("top-k accuracy", prediction);
    int right = Comparisons.category("top-k accuracy", label);
    if (right >= scores.length) {
      throw new SlipwayException("class: " + right + " (expected: under " + scores.length
          + ", the number of scores that the model gives)");
    }
    int rank = rank(scores, right);
    first += rank < 1 ? 1 : 0;
    amongFive += rank < K ? 1 : 0;
    count++;
  }

  /** How many classes come before this one: higher scores, then equal ones of lower index; NaN is never right. */
  private static int rank(float[] scores, int right) {
    if (Float.isNaN(scores[right])) {
      return Integer.MAX_VALUE;
    }
    int rank = 0;
    for (int i = 0; i < scores.length; i++) {
      if (scores[i] > scores[right] || scores[i] == scores[right] && i < right) {
        rank++;
      }
    }
    return rank;
  }

  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("top1", (double) first / count);
    values.put("top5", (double) amongFive / count);
    return values;
  }
}
