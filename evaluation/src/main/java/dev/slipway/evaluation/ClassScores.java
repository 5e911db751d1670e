package dev.slipway.evaluation;

import dev.slipway.tensor.Tensor;
import dev.slipway.vision.Classification;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * An output with a score for each class, whatever dimensions of size 1 stand around.
 *
 * @param name of the output; empty where the model has but one
 * @param softmax whether scores are logits that become probabilities
 * @param kinds of metrics
 */
public record ClassScores(String name, boolean softmax, List<Supplier<Metric>> kinds) implements OutputProcessing {
  public ClassScores {
    Objects.requireNonNull(name, "name");
    kinds = List.copyOf(kinds);
  }

  /** The only output as it is, measured by {@link TopK}. */
  public static ClassScores topK() {
    return new ClassScores("", false, List.of(TopK::new));
  }

  @Override
  public Prediction predict(Map<String, Tensor> outputs, Sample sample) {
    float[] scores = outputs.get(ModelValues.only("output", name, outputs.keySet())).toFloats();
    return new Prediction.Scores(softmax ? Classification.softmax(scores) : scores);
  }

  @Override
  public List<Metric> metrics() {
    return kinds.stream().map(Supplier::get).toList();
  }
}
