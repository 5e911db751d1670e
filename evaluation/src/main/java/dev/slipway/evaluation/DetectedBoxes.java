package dev.slipway.evaluation;

import dev.slipway.tensor.Tensor;
import dev.slipway.vision.Box;
import dev.slipway.vision.BoxDecoder;
import dev.slipway.vision.Detection;
import dev.slipway.vision.NonMaxSuppression;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Outputs that hold boxes: decoded, taken back to the picture, and those that overlap suppressed.
 *
 * @param input how pictures became inputs
 * @param kinds of metrics
 */
public record DetectedBoxes(
    BoxDecoder decoder, NonMaxSuppression suppression, PictureInput input, List<Supplier<Metric>> kinds)
    implements OutputProcessing {
  public DetectedBoxes {
    Objects.requireNonNull(decoder, "decoder");
    Objects.requireNonNull(suppression, "suppression");
    Objects.requireNonNull(input, "input");
    kinds = List.copyOf(kinds);
  }

  @Override
  public Prediction predict(Map<String, Tensor> outputs, Sample sample) {
    if (!(sample.label() instanceof Label.Boxes(int width, int height, var objects))) {
      throw Comparisons.mismatch("detection", sample.label(), "boxes");
    }
    Tensor frame = sample.inputs().get(ModelValues.only("input", input.name(), sample.inputs().keySet()));
    List<Detection> found = decoder.decode(
        outputs, input.layout().width(frame), input.layout().height(frame), suppression.minScore());
    return new Prediction.Boxes(suppression.apply(found.stream()
        .map(detection -> toSource(detection, width, height))
        .toList()));
  }

  private Detection toSource(Detection detection, int width, int height) {
    Box box = input.preprocessing().toSource(detection.box(), width, height).clip(width, height);
    return new Detection(box, detection.score(), detection.label());
  }

  @Override
  public List<Metric> metrics() {
    return kinds.stream().map(Supplier::get).toList();
  }
}
