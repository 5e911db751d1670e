package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.BoxDecoder;
import dev.slipway.vision.CenterBoxes;
import dev.slipway.vision.CornerBoxes;
import dev.slipway.vision.DistributionBoxes;
import dev.slipway.vision.GridBoxes;
import dev.slipway.vision.NonMaxSuppression;
import dev.slipway.vision.PriorBoxes;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/** Reads {@link DetectedBoxes} from YAML. */
final class DetectedBoxesFile {
  private static final Map<String, Function<YamlMap, BoxDecoder>> DECODERS = Map.of(
      "grid", map -> new GridBoxes(map.text("name", ""), map.integers("strides")),
      "centers", map -> new CenterBoxes(map.text("name", "")),
      "corners", map -> new CornerBoxes(map.text("boxes"), map.text("scores"), map.flag("background", true)),
      "anchors", DetectedBoxesFile::anchors,
      "distributions", map ->
          new DistributionBoxes(map.texts("names"), map.integers("strides"), map.integer("bins", 16)));
  private static final Map<String, Supplier<Metric>> METRICS =
      Map.of("ap", AveragePrecision::new, "iou", BoxOverlap::new);

  private DetectedBoxesFile() {}

  static OutputProcessing read(YamlMap map, InputProcessing input) {
    if (!(input instanceof PictureInput picture)) {
      throw new SlipwayException("output \"boxes\": an input that is no picture (expected: the input \"picture\")");
    }
    NonMaxSuppression suppression = new NonMaxSuppression(map.number("min-score", 0.01), map.number("max-iou", 0.65),
        map.integer("max-detections", 100), map.flag("per-class", true));
    return new DetectedBoxes(decoder(map.map("decoder")), suppression, map.flag("clip", false), picture,
        map.choices("metrics", METRICS, List.of(AveragePrecision::new)));
  }

  private static BoxDecoder decoder(YamlMap kinds) {
    String kind = kinds.only(DECODERS.keySet());
    try (YamlMap map = kinds.map(kind)) {
      return DECODERS.get(kind).apply(map);
    }
  }

  private static BoxDecoder anchors(YamlMap map) {
    return new PriorBoxes(map.text("boxes"), map.text("scores"), map.integers("strides"), map.integerLists("sides"),
        map.number("center-variance", 0.1), map.number("size-variance", 0.2));
  }
}
