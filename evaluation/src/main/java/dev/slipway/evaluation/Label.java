package dev.slipway.evaluation;

import dev.slipway.vision.Box;
import dev.slipway.vision.Image;
import dev.slipway.vision.Quad;
import java.util.List;
import java.util.Objects;

/** What is known of an item: the answer that a metric compares a {@link Prediction} with. */
public sealed interface Label {

  /** In words, for messages. */
  String description();

  /** Nothing is known; such items serve for calibration. */
  record None() implements Label {
    @Override
    public String description() {
      return "none";
    }
  }

  /** The class, by its index in the model's output. */
  record Category(int index) implements Label {
    @Override
    public String description() {
      return "a class";
    }
  }

  /**
   * The objects of a picture.
   *
   * @param width of the picture, in pixels
   * @param height of the picture, in pixels
   */
  record Boxes(int width, int height, List<Truth> objects) implements Label {
    public Boxes {
      objects = List.copyOf(objects);
    }

    @Override
    public String description() {
      return "boxes";
    }
  }

  /**
   * One object.
   *
   * @param box in pixels of the picture
   * @param area in square pixels, of the object or of its box
   * @param crowd whether the box holds many that were not told apart: it is not counted, and detections in it do no
   *     harm
   */
  record Truth(Box box, int category, double area, boolean crowd) {
    public Truth {
      Objects.requireNonNull(box, "box");
    }

    /** An object as large as its box. */
    public Truth(Box box, int category) {
      this(box, category, box.area(), false);
    }
  }

  /**
   * How alike the texts of a pair are. Both samples of a pair have this label, and come one after the other.
   *
   * @param number of the pair
   * @param likeness by human judgement, in any unit
   */
  record Pair(int number, double likeness) implements Label {
    @Override
    public String description() {
      return "how alike a pair is";
    }
  }

  /**
   * The lines of text in a picture.
   *
   * @param picture as it is before it is prepared, from which lines are cut out
   */
  record Lines(Image picture, List<Line> lines) implements Label {
    public Lines {
      Objects.requireNonNull(picture, "picture");
      lines = List.copyOf(lines);
    }

    @Override
    public String description() {
      return "lines of text";
    }
  }

  /**
   * One line of text.
   *
   * @param quad in pixels of the picture, corners as one reads the line
   */
  record Line(Quad quad, String text) {
    private static final String UNREADABLE = "###";

    public Line {
      Objects.requireNonNull(quad, "quad");
      Objects.requireNonNull(text, "text");
    }

    /** Whether nobody can read it, so that it does not count, whatever a model reads there. */
    public boolean isUnreadable() {
      return text.equals(UNREADABLE);
    }
  }

  /** The text in a picture. */
  record Text(String text) implements Label {
    public Text {
      Objects.requireNonNull(text, "text");
    }

    @Override
    public String description() {
      return "a text";
    }
  }
}
