package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.Detection;
import java.util.List;

/** Takes predictions and labels as the kinds that a metric compares, or says what is wrong. */
final class Comparisons {
  private Comparisons() {}

  static float[] scores(String metric, Prediction prediction) {
    if (prediction instanceof Prediction.Scores(float[] scores)) {
      return scores;
    }
    throw mismatch(metric, prediction, "scores of classes");
  }

  static int category(String metric, Label label) {
    if (label instanceof Label.Category(int index)) {
      return index;
    }
    throw mismatch(metric, label, "a class");
  }

  static List<Detection> boxes(String metric, Prediction prediction) {
    if (prediction instanceof Prediction.Boxes(List<Detection> boxes)) {
      return boxes;
    }
    throw mismatch(metric, prediction, "boxes");
  }

  static List<Label.Truth> boxes(String metric, Label label) {
    if (label instanceof Label.Boxes boxes) {
      return boxes.objects();
    }
    throw mismatch(metric, label, "boxes");
  }

  static SlipwayException mismatch(String metric, Prediction prediction, String expected) {
    return new SlipwayException(
        "prediction: " + prediction.description() + " (expected: " + expected + ", which " + metric + " compares)");
  }

  static SlipwayException mismatch(String metric, Label label, String expected) {
    return new SlipwayException("label: " + label.description() + " (expected: " + expected + ", which " + metric
        + " compares; labels stand in the data set or in a file of their own)");
  }
}
