package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * {@code auc}: the area under the {@link RocCurve} of class 1 where there are one or two scores, else the mean over the
 * classes that occur, each against the rest. Keeps all scores.
 */
public final class RocArea implements Metric {
  private static final String NAME = "the area under the ROC curve";

  private final List<float[]> scores = new ArrayList<>();
  private final List<Integer> categories = new ArrayList<>();

  @Override
  public void add(Prediction prediction, Label label) {
    float[] each = Comparisons.scores(NAME, prediction);
    if (!scores.isEmpty() && scores.getFirst().length != each.length) {
      throw new SlipwayException("scores: " + each.length + " (expected: " + scores.getFirst().length
          + ", as for the samples before)");
    }
    scores.add(each);
    categories.add(Comparisons.category(NAME, label));
  }

  @Override
  public Map<String, Double> values() {
    int width = scores.isEmpty() ? 0 : scores.getFirst().length;
    return Map.of("auc", width <= 2 ? area(width - 1, 1) : mean(width));
  }

  private double mean(int width) {
    return IntStream.range(0, width)
        .filter(categories::contains)
        .mapToDouble(category -> area(category, category))
        .average()
        .orElseThrow(() -> new SlipwayException(
            "labels: no class of the " + width + " that have scores occurs (expected: some)"));
  }

  private double area(int column, int category) {
    boolean[] positive = new boolean[categories.size()];
    for (int i = 0; i < positive.length; i++) {
      positive[i] = categories.get(i) == category;
    }
    return RocCurve.of(scores.stream().mapToDouble(each -> each[column]).toArray(), positive).area();
  }
}
