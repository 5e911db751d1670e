package dev.slipway.evaluation;

import dev.slipway.vision.Color;
import dev.slipway.vision.ImageStep;
import dev.slipway.vision.Interpolation;
import dev.slipway.vision.Normalization;
import dev.slipway.vision.PixelFormat;
import dev.slipway.vision.Preprocessing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads {@link PictureInput} from YAML. */
final class PictureInputFile {
  private static final Map<String, PixelFormat> FORMATS =
      Map.of("rgb", PixelFormat.RGB, "bgr", PixelFormat.BGR, "grey", PixelFormat.GREY);
  private static final Map<String, Interpolation> INTERPOLATIONS = Map.of("nearest", Interpolation.NEAREST,
      "bilinear", Interpolation.BILINEAR, "antialiased", Interpolation.ANTIALIASED);
  private static final Map<String, ImageStep.Letterbox.Anchor> ANCHORS = Map.of(
      "top-left", ImageStep.Letterbox.Anchor.TOP_LEFT, "center", ImageStep.Letterbox.Anchor.CENTER);
  private static final Map<String, PictureInput.Layout> LAYOUTS =
      Map.of("nchw", PictureInput.Layout.NCHW, "nhwc", PictureInput.Layout.NHWC);
  private static final Set<String> STEPS = Set.of("resize", "resize-short-side", "center-crop", "pad", "letterbox");

  private PictureInputFile() {}

  static InputProcessing read(YamlMap map) {
    PixelFormat format = map.choice("format", FORMATS, PixelFormat.RGB);
    List<ImageStep> steps = new ArrayList<>();
    for (YamlMap step : map.maps("steps")) {
      steps.add(step(step));
    }
    return new PictureInput(map.text("name", ""), new Preprocessing(format, steps, normalization(map)),
        map.choice("layout", LAYOUTS, PictureInput.Layout.NCHW));
  }

  private static Normalization normalization(YamlMap map) {
    if (!map.has("normalize")) {
      return Normalization.NONE;
    }
    try (YamlMap numbers = map.map("normalize")) {
      return new Normalization(
          scale(numbers), numbers.numbers("mean", List.of(0.0)), numbers.numbers("deviation", List.of(1.0)));
    }
  }

  /** A factor, or a divisor, since 1/255 has no short decimal form. */
  private static double scale(YamlMap numbers) {
    if (!numbers.has("divide-by")) {
      return numbers.number("scale", 1);
    }
    double divisor = numbers.number("divide-by");
    return divisor != 0 ? 1 / divisor : numbers.refuse("divide-by", "a number other than 0");
  }

  private static ImageStep step(YamlMap map) {
    String kind = map.only(STEPS);
    if (kind.equals("center-crop")) {
      Size size = Size.of(map, kind);
      return new ImageStep.CenterCrop(size.width, size.height);
    }
    if (kind.equals("pad")) {
      try (YamlMap pad = map.map(kind)) {
        return new ImageStep.Pad(pad.integer("left", 0), pad.integer("top", 0), pad.integer("right", 0),
            pad.integer("bottom", 0), color(pad));
      }
    }
    try (YamlMap options = map.map(kind)) {
      Interpolation interpolation = options.choice("interpolation", INTERPOLATIONS, Interpolation.BILINEAR);
      if (kind.equals("resize-short-side")) {
        return new ImageStep.ResizeShortSide(options.integer("side"), interpolation);
      }
      Size size = Size.of(options, "size");
      return kind.equals("resize")
          ? new ImageStep.Resize(size.width, size.height, interpolation)
          : new ImageStep.Letterbox(size.width, size.height,
              options.choice("anchor", ANCHORS, ImageStep.Letterbox.Anchor.CENTER), color(options), interpolation);
    }
  }

  /** One value for grey, or red, green and blue. */
  private static Color color(YamlMap map) {
    List<Integer> parts = map.has("color") ? map.integers("color") : List.of(0);
    return switch (parts.size()) {
      case 1 -> Color.grey(parts.getFirst());
      case 3 -> new Color(parts.get(0), parts.get(1), parts.get(2));
      default -> map.refuse("color", "one number for grey, or red, green and blue");
    };
  }

  /** Width and height in pixels: one number where they are the same. */
  private record Size(int width, int height) {
    static Size of(YamlMap map, String key) {
      List<Integer> sides = map.integers(key);
      return switch (sides.size()) {
        case 1 -> new Size(sides.getFirst(), sides.getFirst());
        case 2 -> new Size(sides.get(0), sides.get(1));
        default -> map.refuse(key, "a side, or width and height, in pixels");
      };
    }
  }
}
