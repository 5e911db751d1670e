package dev.slipway.evaluation;

import java.util.Map;

/** Compares predictions with labels, one by one, and sums up. For one thread, and for one pass over the samples. */
public interface Metric {

  /**
   * Takes one sample into account.
   *
   * @throws dev.slipway.tensor.SlipwayException where prediction or label is of a kind that this metric does not
   *     compare
   */
  void add(Prediction prediction, Label label);

  /**
   * The values so far, by name. The first is the one by which models are compared: more is better. Fractions are from 0
   * to 1.
   */
  Map<String, Double> values();
}
