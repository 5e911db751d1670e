package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * An output {@code [1, tokens, features]} whose mean over the tokens is the embedding of a text, or {@code [1,
 * features]}, which is one already.
 *
 * @param name of the output; empty where the model has but one
 */
public record Embedding(String name) implements OutputProcessing {
  public Embedding {
    Objects.requireNonNull(name, "name");
  }

  @Override
  public Prediction predict(Map<String, Tensor> outputs, Sample sample) {
    Tensor states = outputs.get(ModelValues.only("output", name, outputs.keySet()));
    if (states.rank() < 2 || states.rank() > 3 || states.dim(0) != 1 || states.elementCount() == 0) {
      throw new SlipwayException("output of an embedding: " + states.type() + " (expected: [1, tokens, features] or [1,"
          + " features])");
    }
    float[] values = states.toFloats();
    double[] mean = new double[Math.toIntExact(states.dim(-1))];
    int tokens = values.length / mean.length;
    for (int i = 0; i < values.length; i++) {
      mean[i % mean.length] += values[i] / (double) tokens;
    }
    return new Prediction.Embedding(mean);
  }

  @Override
  public List<Metric> metrics() {
    return List.of(new PairSimilarity());
  }
}
