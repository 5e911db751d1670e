package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.ValueType;
import dev.slipway.vision.TextRecognizer;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A picture of one line of text as the input of a PP-OCR recognition network, float32[1, 3, 48, W]; the width follows
 * the picture.
 *
 * @param name of the input; empty where the model has but one
 */
public record TextStripInput(String name) implements InputProcessing {
  public TextStripInput {
    Objects.requireNonNull(name, "name");
  }

  @Override
  public List<Sample> prepare(Item item, Map<String, ValueType> inputs) {
    if (!(item.content() instanceof Content.Picture(var image))) {
      throw new SlipwayException(item.name() + ": no picture (expected: a data set of pictures, as the input"
          + " \"text-strip\" of the processing says)");
    }
    String input = ModelValues.only("input", name, inputs.keySet());
    return List.of(new Sample(item.name(), Map.of(input, TextRecognizer.input(image)), item.label()));
  }
}
