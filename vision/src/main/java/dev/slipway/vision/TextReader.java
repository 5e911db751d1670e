package dev.slipway.vision;

import java.util.List;
import java.util.Objects;

/**
 * Reads the text out of a picture: detects the lines, cuts each out upright, turns those that stand on their head, and
 * recognises the characters.
 *
 * <p>As safe for threads as the three networks are.
 *
 * @param minConfidence lines that are read with less are dropped
 */
public record TextReader(
    TextDetector detector, TextDirectionClassifier direction, TextRecognizer recognizer, double minConfidence) {
  public TextReader {
    Objects.requireNonNull(detector, "detector");
    Objects.requireNonNull(direction, "direction");
    Objects.requireNonNull(recognizer, "recognizer");
  }

  /** With the threshold of RapidOCR. */
  public TextReader(TextDetector detector, TextDirectionClassifier direction, TextRecognizer recognizer) {
    this(detector, direction, recognizer, TextLineReader.MIN_CONFIDENCE);
  }

  /** The lines of text from top to bottom and, within a row, from left to right. */
  public List<TextLine> read(Image image) {
    return new TextLineReader(direction, recognizer, minConfidence).read(image, detector.detect(image));
  }
}
