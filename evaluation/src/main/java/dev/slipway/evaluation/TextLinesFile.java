package dev.slipway.evaluation;

import dev.slipway.backend.OptimizationProfile;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.CtcDecoder;
import dev.slipway.vision.TextDetector;
import dev.slipway.vision.TextDirectionClassifier;
import dev.slipway.vision.TextLineReader;
import dev.slipway.vision.TextRecognizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Reads from YAML how lines of text are found and read. */
final class TextLinesFile {
  private static final int HEIGHT = 48;
  private static final double TURNED = 0.9;

  /** One strip at a time, so that few shapes occur. */
  private static final OptimizationProfile DIRECTION = strips(192, 192, 192);

  private static final OptimizationProfile RECOGNITION = strips(320, 640, 3200);

  private TextLinesFile() {}

  static InputProcessing input(YamlMap map) {
    TextDetector.Settings usual = TextDetector.Settings.DEFAULT;
    return new TextPictureInput(map.text("name", ""), new TextDetector.Settings(
        map.integer("min-side", usual.minSide()), map.integer("max-side", usual.maxSide()),
        map.number("min-probability", usual.minProbability()), map.number("min-score", usual.minScore()),
        map.number("grow-ratio", usual.growRatio())));
  }

  static OutputProcessing output(YamlMap map, InputProcessing input, CompanionNetworks networks) {
    if (!(input instanceof TextPictureInput picture)) {
      throw new SlipwayException("output text-lines: not behind a picture with text (expected: the input"
          + " text-picture)");
    }
    CtcDecoder decoder = decoder(map);
    TextDirectionClassifier direction = new TextDirectionClassifier(
        networks.open(map.path("direction"), DIRECTION), TURNED, 1);
    TextRecognizer recognizer = new TextRecognizer(
        networks.open(map.path("recognizer"), RECOGNITION), decoder, 1);
    return new ReadLines(
        map.text("name", ""), picture.settings(), new TextLineReader(direction, recognizer));
  }

  /** The input {@code x} of PP-OCR's networks, with these widths. */
  private static OptimizationProfile strips(long least, long usual, long most) {
    return new OptimizationProfile(Map.of("x", new OptimizationProfile.Range(
        new long[] {1, 3, HEIGHT, least}, new long[] {1, 3, HEIGHT, usual}, new long[] {1, 3, HEIGHT, most})));
  }

  static CtcDecoder decoder(YamlMap map) {
    return CtcDecoder.ofDictionary(lines(map.path("dictionary")));
  }

  private static List<String> lines(Path file) {
    try {
      return List.of(Files.readString(file).strip().split("\n"));
    } catch (IOException e) {
      throw new SlipwayException("dictionary: " + file + " cannot be read as UTF-8 text: " + FileFailure.reason(e)
          + " (expected: a character on each line)", e);
    }
  }
}
