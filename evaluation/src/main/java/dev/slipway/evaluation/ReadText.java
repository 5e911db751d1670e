package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.vision.CtcDecoder;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * An output {@code [1, steps, classes]} of probabilities that is read as text by connectionist temporal classification.
 *
 * @param name of the output; empty where the model has but one
 */
public record ReadText(String name, CtcDecoder decoder) implements OutputProcessing {
  public ReadText {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(decoder, "decoder");
  }

  @Override
  public Prediction predict(Map<String, Tensor> outputs, Sample sample) {
    Tensor steps = outputs.get(ModelValues.only("output", name, outputs.keySet()));
    if (steps.rank() != 3 || steps.dim(0) != 1 || steps.dim(2) != decoder.classes().size()) {
      throw new SlipwayException("output of a text: " + steps.type() + " (expected: [1, steps, "
          + decoder.classes().size() + "], the dictionary with blank and space)");
    }
    return new Prediction.Text(decoder.decode(steps.toFloats(), 0, Math.toIntExact(steps.dim(1))));
  }

  @Override
  public List<Metric> metrics() {
    return List.of(new TextAccuracy());
  }
}
