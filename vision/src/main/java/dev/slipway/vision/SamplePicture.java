package dev.slipway.vision;

import java.util.List;

/** The picture of the quickstart: black lines of text on light grey, one slanted, one upside down. */
public final class SamplePicture {
  private static final double CAP_HEIGHT = 28;

  private static final List<Line> LINES = List.of(
      new Line("Slipway takes a trained network", new Point(60, 90), 0),
      new Line("down the slipway into production", new Point(60, 160), 0),
      new Line("ONNX models, Java 25", new Point(60, 230), 0),
      new Line("Order 4711: 3 engines, 89 tactics", new Point(60, 300), 0),
      new Line("This line rises by 15 degrees", new Point(90, 560), -15),
      new Line("This line stands on its head", new Point(830, 620), 180));

  private SamplePicture() {}

  /** A line and where it stands. */
  private record Line(String text, Point start, double degrees) {}

  /** The picture, 960 x 736 pixels. */
  public static Image draw() {
    Image image = Image.filled(960, 736, PixelFormat.BGR, Color.grey(240));
    Canvas canvas = new Canvas(image);
    for (Line line : LINES) {
      canvas.text(line.text, line.start, CAP_HEIGHT, line.degrees, Color.grey(20));
    }
    return image;
  }

  /** What is written on it, from the top. */
  public static List<String> texts() {
    return LINES.stream().map(Line::text).toList();
  }
}
