package dev.slipway.vision;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** A class that a network proposes, with its score. */
public record Classification(int label, double score) {

  /** The best classes, the best first; equal scores by label. */
  public static List<Classification> top(float[] scores, int count) {
    return IntStream.range(0, scores.length)
        .mapToObj(label -> new Classification(label, scores[label]))
        .sorted(Comparator.comparingDouble(Classification::score).reversed())
        .limit(count)
        .toList();
  }

  /** Logits to probabilities that sum to 1. */
  public static float[] softmax(float[] logits) {
    float max = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    double[] powers = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      powers[i] = Math.exp(logits[i] - max);
      sum += powers[i];
    }
    float[] probabilities = new float[logits.length];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = (float) (powers[i] / sum);
    }
    return probabilities;
  }
}
