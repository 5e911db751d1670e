package dev.slipway.evaluation;

import dev.slipway.tensor.Tensor;
import dev.slipway.vision.TextDetector;
import dev.slipway.vision.TextLineReader;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The output of a PP-OCR detection network, {@code [1, 1, H, W]} probabilities of text, whose lines other networks read
 * out of the picture.
 *
 * @param name of the output; empty where the model has but one
 */
public record ReadLines(String name, TextDetector.Settings settings, TextLineReader reader)
    implements OutputProcessing {
  public ReadLines {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(settings, "settings");
    Objects.requireNonNull(reader, "reader");
  }

  @Override
  public Prediction predict(Map<String, Tensor> outputs, Sample sample) {
    if (!(sample.label() instanceof Label.Lines(var picture, var lines))) {
      throw Comparisons.mismatch(LineAccuracy.NAME, sample.label(), "lines of text");
    }
    Tensor map = outputs.get(ModelValues.only("output", name, outputs.keySet()));
    return new Prediction.Lines(reader.read(picture, settings.regions(map, picture)));
  }

  @Override
  public List<Metric> metrics() {
    return List.of(new LineAccuracy());
  }
}
