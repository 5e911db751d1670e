package dev.slipway.vision;

import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Finds lines of text by a PP-OCR detection network: input {@code x} 1×3×H×W in BGR, H and W multiples of 32, output
 * 1×1×H×W probabilities. The defaults are those of PaddleOCR and RapidOCR.
 */
public record TextDetector(Inference inference, Settings settings) {
  private static final Normalization NORMALIZATION = Normalization.IMAGENET;
  private static final int MULTIPLE = 32;

  /** Boxes whose tops differ by less, in pixels, stand in one row. */
  private static final double ROW_TOLERANCE = 10;

  /** Narrower or lower regions cannot be read, in pixels. */
  private static final int MIN_READABLE = 3;

  /**
   * What to take for text.
   *
   * @param minSide pictures are enlarged until the shorter side has so many pixels
   * @param maxSide and shrunk until the longer side has at most so many
   * @param minProbability of a pixel
   * @param minScore mean probability of a region
   * @param growRatio how far regions grow beyond what the network marks
   */
  public record Settings(int minSide, int maxSide, double minProbability, double minScore, double growRatio) {
    public static final Settings DEFAULT = new Settings(736, 2000, 0.3, 0.6, 1.5);

    /** The input of the network for a picture, float32[1, 3, H, W]. */
    public Tensor input(Image image) {
      double scale = scale(image.width(), image.height());
      return Preprocessing.to(PixelFormat.BGR)
          .resize(multiple(image.width() * scale), multiple(image.height() * scale))
          .normalize(NORMALIZATION)
          .apply(image);
    }

    private double scale(int width, int height) {
      double scale = Math.max((double) minSide / Math.min(width, height), 1);
      return Math.min(scale, (double) maxSide / Math.max(width, height));
    }

    private static int multiple(double side) {
      return Math.max((int) Math.rint((int) side / (double) MULTIPLE), 1) * MULTIPLE;
    }

    /**
     * The lines of text in the order of {@link #detect}.
     *
     * @param map what the network gave for the picture, float32[1, 1, H, W]
     */
    public List<TextRegion> regions(Tensor map, Image image) {
      TextMap text = TextMap.of(map);
      List<TextRegion> regions = new ArrayList<>();
      for (TextRegion region : text.regions(minProbability, minScore, growRatio)) {
        toSource(region, text, image).ifPresent(regions::add);
      }
      return inReadingOrder(regions);
    }
  }

  public TextDetector {
    Objects.requireNonNull(inference, "inference");
    Objects.requireNonNull(settings, "settings");
  }

  public TextDetector(Inference inference) {
    this(inference, Settings.DEFAULT);
  }

  /** The lines of text from top to bottom and, within a row, from left to right; corners are whole pixels. */
  public List<TextRegion> detect(Image image) {
    return settings.regions(inference.run("x", settings.input(image)), image);
  }

  private static Optional<TextRegion> toSource(TextRegion region, TextMap map, Image image) {
    double scaleX = (double) image.width() / map.width();
    double scaleY = (double) image.height() / map.height();
    List<Point> corners = region.quad().corners().stream()
        .map(corner -> new Point(Math.clamp(Math.rint(corner.x() * scaleX), 0, image.width() - 1),
            Math.clamp(Math.rint(corner.y() * scaleY), 0, image.height() - 1)))
        .toList();
    Quad quad = new Quad(corners.get(0), corners.get(1), corners.get(2), corners.get(3));
    boolean readable = (int) quad.topLeft().distance(quad.topRight()) > MIN_READABLE
        && (int) quad.topLeft().distance(quad.bottomLeft()) > MIN_READABLE;
    return readable ? Optional.of(new TextRegion(quad, region.score())) : Optional.empty();
  }

  static List<TextRegion> inReadingOrder(List<TextRegion> regions) {
    List<TextRegion> ordered = new ArrayList<>(regions);
    ordered.sort(Comparator.comparingDouble((TextRegion region) -> region.quad().topLeft().y())
        .thenComparingDouble(region -> region.quad().topLeft().x()));
    for (int i = 1; i < ordered.size(); i++) {
      for (int j = i; j > 0 && standsBefore(ordered.get(j), ordered.get(j - 1)); j--) {
        ordered.add(j - 1, ordered.remove(j));
      }
    }
    return ordered;
  }

  private static boolean standsBefore(TextRegion region, TextRegion other) {
    Point point = region.quad().topLeft();
    Point otherPoint = other.quad().topLeft();
    return Math.abs(point.y() - otherPoint.y()) < ROW_TOLERANCE && point.x() < otherPoint.x();
  }
}
