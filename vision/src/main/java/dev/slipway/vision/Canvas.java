package dev.slipway.vision;

import java.util.ArrayList;
import java.util.List;

/**
 * Draws antialiased strokes into an image, in place. It needs no font of the operating system. Positions may lie
 * outside the image. Not for several threads at a time.
 */
public final class Canvas {
  private final Image image;

  public Canvas(Image image) {
    this.image = image;
  }

  /**
   * A line through points, with round ends and joints.
   *
   * @param thickness in pixels
   */
  public Canvas stroke(List<Point> points, double thickness, Color color) {
    Box area = bounds(points, thickness / 2 + 1).clip(image.width() - 1, image.height() - 1);
    int left = (int) Math.floor(area.left());
    int top = (int) Math.floor(area.top());
    int width = (int) Math.ceil(area.right()) - left + 1;
    int height = (int) Math.ceil(area.bottom()) - top + 1;
    float[] coverage = new float[width * height];
    for (int i = 0; i < Math.max(points.size() - 1, 1); i++) {
      cover(points.get(i), points.get(Math.min(i + 1, points.size() - 1)), thickness / 2, coverage, left, top, width);
    }
    blend(coverage, left, top, width, color);
    return this;
  }

  /** A closed line through points. */
  public Canvas polygon(List<Point> corners, double thickness, Color color) {
    List<Point> closed = new ArrayList<>(corners);
    closed.add(corners.getFirst());
    return stroke(closed, thickness, color);
  }

  /**
   * A line of text in the strokes of {@link StrokeFont}.
   *
   * @param start where the first glyph stands on the base line
   * @param capHeight height of a capital letter in pixels; a stroke is an eighth of it
   * @param degrees direction of the base line, clockwise from the x axis
   */
  public Canvas text(String text, Point start, double capHeight, double degrees, Color color) {
    double cos = Math.cos(Math.toRadians(degrees)) * capHeight;
    double sin = Math.sin(Math.toRadians(degrees)) * capHeight;
    for (List<Point> stroke : StrokeFont.strokes(text)) {
      List<Point> placed = stroke.stream()
          .map(p -> new Point(start.x() + p.x() * cos - p.y() * sin, start.y() + p.x() * sin + p.y() * cos))
          .toList();
      stroke(placed, capHeight / 8, color);
    }
    return this;
  }

  private static Box bounds(List<Point> points, double margin) {
    double left = Double.POSITIVE_INFINITY;
    double top = Double.POSITIVE_INFINITY;
    double right = Double.NEGATIVE_INFINITY;
    double bottom = Double.NEGATIVE_INFINITY;
    for (Point point : points) {
      left = Math.min(left, point.x());
      top = Math.min(top, point.y());
      right = Math.max(right, point.x());
      bottom = Math.max(bottom, point.y());
    }
    return new Box(left - margin, top - margin, right + margin, bottom + margin);
  }

  /** Raises the coverage to that of one segment: 1 inside, falling to 0 over the pixel at its edge. */
  private static void cover(
      Point from, Point to, double radius, float[] coverage, int left, int top, int width) {
    Box area = bounds(List.of(from, to), radius + 1);
    int height = coverage.length / width;
    int firstX = Math.clamp((long) Math.floor(area.left()) - left, 0, width);
    int endX = Math.clamp((long) Math.ceil(area.right()) - left + 1, 0, width);
    int firstY = Math.clamp((long) Math.floor(area.top()) - top, 0, height);
    int endY = Math.clamp((long) Math.ceil(area.bottom()) - top + 1, 0, height);
    for (int y = firstY; y < endY; y++) {
      for (int x = firstX; x < endX; x++) {
        double inside = radius + 0.5 - distance(left + x, top + y, from, to);
        coverage[y * width + x] = Math.max(coverage[y * width + x], (float) Math.clamp(inside, 0, 1));
      }
    }
  }

  private static double distance(double x, double y, Point from, Point to) {
    double dx = to.x() - from.x();
    double dy = to.y() - from.y();
    double squared = dx * dx + dy * dy;
    double t = squared == 0 ? 0 : Math.clamp(((x - from.x()) * dx + (y - from.y()) * dy) / squared, 0, 1);
    return Math.hypot(x - from.x() - t * dx, y - from.y() - t * dy);
  }

  private void blend(float[] coverage, int left, int top, int width, Color color) {
    byte[] pixel = color.pixel(image.format());
    for (int i = 0; i < coverage.length; i++) {
      int p = ((top + i / width) * image.width() + left + i % width) * pixel.length;
      for (int c = 0; c < pixel.length; c++) {
        int under = image.pixels()[p + c] & 0xff;
        image.pixels()[p + c] = (byte) Math.round(under + ((pixel[c] & 0xff) - under) * coverage[i]);
      }
    }
  }
}
