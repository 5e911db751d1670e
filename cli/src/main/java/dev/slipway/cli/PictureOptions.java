package dev.slipway.cli;

import dev.slipway.evaluation.PictureInput;
import dev.slipway.evaluation.Processing;
import dev.slipway.graph.Graph;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.PixelFormat;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The preparation of pictures as a part of the plan. */
final class PictureOptions {
  private static final Map<String, PixelFormat> FORMATS =
      Map.of("bgr", PixelFormat.BGR, "rgb", PixelFormat.RGB, "grey", PixelFormat.GREY);

  @Option(
      names = "--preprocessing",
      paramLabel = "FILE.yaml",
      description = "Put the preparation of pictures (docs/evaluation.md) into the plan, whose input takes decoded"
          + " pictures then: uint8, N x H x W x channels.")
  private Optional<Path> preprocessing = Optional.empty();

  @Option(
      names = "--picture-format",
      paramLabel = "bgr|rgb|grey",
      description = "The channels of these pictures (default: bgr).")
  private String format = "bgr";

  /** The model with the preparation before it, where one is given. */
  Graph prepend(Graph model) {
    PixelFormat source = FORMATS.get(format);
    if (source == null) {
      throw new SlipwayException("--picture-format: " + format + " (expected: bgr, rgb or grey)");
    }
    if (preprocessing.isEmpty()) {
      return model;
    }
    if (!(Processing.read(preprocessing.get()).input() instanceof PictureInput picture)) {
      throw new SlipwayException("--preprocessing: " + preprocessing.get() + " (expected: an input \"picture\")");
    }
    return picture.prepend(model, source);
  }
}
