package dev.slipway.vision;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Reads lines of text that were detected: cuts each out upright, turns those that stand on their head, and recognises
 * the characters. As safe for threads as the two networks are.
 *
 * @param minConfidence lines that are read with less are dropped
 */
public record TextLineReader(
    TextDirectionClassifier direction, TextRecognizer recognizer, double minConfidence) {
  /** That of RapidOCR. */
  static final double MIN_CONFIDENCE = 0.5;

  /** Cut-outs at least this much higher than wide hold a line that runs from top to bottom. */
  private static final double VERTICAL = 1.5;

  public TextLineReader {
    Objects.requireNonNull(direction, "direction");
    Objects.requireNonNull(recognizer, "recognizer");
  }

  /** With the threshold of RapidOCR. */
  public TextLineReader(TextDirectionClassifier direction, TextRecognizer recognizer) {
    this(direction, recognizer, MIN_CONFIDENCE);
  }

  /** The lines in these regions of a picture, in the order of the regions. */
  public List<TextLine> read(Image image, List<TextRegion> regions) {
    List<Image> strips = new ArrayList<>();
    for (TextRegion region : regions) {
      strips.add(strip(image, region.quad()));
    }
    List<Boolean> turned = direction.turned(strips);
    for (int i = 0; i < strips.size(); i++) {
      if (turned.get(i)) {
        strips.set(i, strips.get(i).rotate180());
      }
    }
    return lines(regions, turned, recognizer.recognize(strips));
  }

  /** An upright copy of a line; one that is much higher than wide runs from top to bottom and is laid down. */
  public static Image strip(Image image, Quad quad) {
    Image strip = PerspectiveTransform.crop(image, quad);
    return strip.height() >= VERTICAL * strip.width() ? strip.rotate90CounterClockwise() : strip;
  }

  private List<TextLine> lines(List<TextRegion> regions, List<Boolean> turned, List<RecognizedText> texts) {
    List<TextLine> lines = new ArrayList<>();
    for (int i = 0; i < regions.size(); i++) {
      RecognizedText text = texts.get(i);
      if (!text.text().isBlank() && text.confidence() >= minConfidence) {
        lines.add(new TextLine(regions.get(i).quad(), text.text(), text.confidence(), turned.get(i)));
      }
    }
    return lines;
  }
}
