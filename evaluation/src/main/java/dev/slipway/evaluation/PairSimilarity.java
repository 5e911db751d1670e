package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether the cosines of the embeddings of pairs follow how alike the pairs are: {@code spearman}, {@code pearson}.
 * Keeps two numbers for each pair.
 */
public final class PairSimilarity implements Metric {
  private static final String NAME = "the correlation of pairs";

  private record First(int pair, double[] embedding) {}

  private final List<Double> cosines = new ArrayList<>();
  private final List<Double> likeness = new ArrayList<>();
  private Optional<First> first = Optional.empty();

  @Override
  public void add(Prediction prediction, Label label) {
    if (!(prediction instanceof Prediction.Embedding(double[] embedding))) {
      throw Comparisons.mismatch(NAME, prediction, "an embedding");
    }
    if (!(label instanceof Label.Pair(int number, double alike))) {
      throw Comparisons.mismatch(NAME, label, "how alike a pair is");
    }
    if (first.isEmpty()) {
      first = Optional.of(new First(number, embedding));
      return;
    }
    if (first.get().pair() != number || first.get().embedding().length != embedding.length) {
      throw new SlipwayException("pair: " + number + " with " + embedding.length + " features (expected: the other"
          + " text of pair " + first.get().pair() + " with " + first.get().embedding().length + ")");
    }
    cosines.add(cosine(first.get().embedding(), embedding));
    likeness.add(alike);
    first = Optional.empty();
  }

  private static double cosine(double[] a, double[] b) {
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      product += a[i] * b[i];
      squaresA += a[i] * a[i];
      squaresB += b[i] * b[i];
    }
    return product / Math.sqrt(squaresA * squaresB);
  }

  @Override
  public Map<String, Double> values() {
    double[] x = cosines.stream().mapToDouble(Double::doubleValue).toArray();
    double[] y = likeness.stream().mapToDouble(Double::doubleValue).toArray();
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("spearman", Correlation.spearman(x, y));
    values.put("pearson", Correlation.pearson(x, y));
    return values;
  }
}
