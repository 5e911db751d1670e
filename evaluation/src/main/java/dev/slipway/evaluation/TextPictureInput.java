package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.ValueType;
import dev.slipway.vision.TextDetector;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A picture with text as the input of a PP-OCR detection network, float32[1, 3, H, W]; the sides follow the picture.
 *
 * @param name of the input; empty where the model has but one
 */
public record TextPictureInput(String name, TextDetector.Settings settings) implements InputProcessing {
  public TextPictureInput {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(settings, "settings");
  }

  @Override
  public List<Sample> prepare(Item item, Map<String, ValueType> inputs) {
    if (!(item.content() instanceof Content.Picture(var image))) {
      throw new SlipwayException(item.name() + ": no picture (expected: a data set of pictures, as the input"
          + " \"text-picture\" of the processing says)");
    }
    String input = ModelValues.only("input", name, inputs.keySet());
    return List.of(new Sample(item.name(), Map.of(input, settings.input(image)), item.label()));
  }
}
