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
 * @param clip whether boxes end at the edges of the picture; those that are suppressed overlapped before that
 * @param input how pictures became inputs
 * @param kinds of metrics
 */
public record DetectedBoxes(
    BoxDecoder decoder, NonMaxSuppression suppression, boolean clip, PictureInput input, List<Supplier<Metric>> kinds)
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
    List<Detection> kept = suppression.apply(found.stream()
        .map(box -> at(box, input.preprocessing().toSource(box.box(), width, height)))
        .toList());
    return new Prediction.Boxes(
        clip ? kept.stream().map(box -> at(box, box.box().clip(width, height))).toList() : kept);
  }

  private static Detection at(Detection detection, Box box) {
    return new Detection(box, detection.score(), detection.label());
  }

  @Override
  public List<Metric> metrics() {
    return kinds.stream().map(Supplier::get).toList();
  }
}
