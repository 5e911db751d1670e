package dev.slipway.evaluation;

import dev.slipway.vision.Detection;
import dev.slipway.vision.RecognizedText;
import dev.slipway.vision.TextLine;
import java.util.List;
import java.util.Objects;

/** What a model says of a sample. */
public sealed interface Prediction {

  /** In words, for messages. */
  String description();

  /** A score for each class. */
  record Scores(float[] scores) implements Prediction {
    @Override
    public String description() {
      return "scores of classes";
    }
  }

  /** Objects in pixels of the source picture, the best first. */
  record Boxes(List<Detection> boxes) implements Prediction {
    public Boxes {
      boxes = List.copyOf(boxes);
    }

    @Override
    public String description() {
      return "boxes";
    }
  }

  /** A place in a space where like things are near. */
  record Embedding(double[] values) implements Prediction {
    @Override
    public String description() {
      return "an embedding";
    }
  }

  /** Lines of text in pixels of the source picture. */
  record Lines(List<TextLine> lines) implements Prediction {
    public Lines {
      lines = List.copyOf(lines);
    }

    @Override
    public String description() {
      return "lines of text";
    }
  }

  record Text(RecognizedText text) implements Prediction {
    public Text {
      Objects.requireNonNull(text, "text");
    }

    @Override
    public String description() {
      return "a text";
    }
  }
}
