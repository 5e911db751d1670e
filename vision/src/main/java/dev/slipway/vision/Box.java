package dev.slipway.vision;

import java.util.List;

/** An upright box, continuous coordinates: the width is {@code right - left}. */
public record Box(double left, double top, double right, double bottom) {

  /** From the centre and the size, as the YOLO family gives boxes. */
  public static Box ofCenter(double x, double y, double width, double height) {
    return new Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2);
  }

  /** From the top left corner and the size, as COCO gives boxes. */
  public static Box ofSize(double left, double top, double width, double height) {
    return new Box(left, top, left + width, top + height);
  }

  public double width() {
    return right - left;
  }

  public double height() {
    return bottom - top;
  }

  /** Zero where a side is negative. */
  public double area() {
    return Math.max(width(), 0) * Math.max(height(), 0);
  }

  public Point center() {
    return new Point((left + right) / 2, (top + bottom) / 2);
  }

  /** The common part, of area zero where there is none. */
  public Box intersection(Box other) {
    return new Box(Math.max(left, other.left), Math.max(top, other.top),
        Math.min(right, other.right), Math.min(bottom, other.bottom));
  }

  /** Intersection over union, 0 to 1; zero where both are empty. */
  public double iou(Box other) {
    double common = intersection(other).area();
    double union = area() + other.area() - common;
    return union > 0 ? common / union : 0;
  }

  /** Relative coordinates 0 to 1 to pixels, or the other way with reciprocal factors. */
  public Box scale(double x, double y) {
    return new Box(left * x, top * y, right * x, bottom * y);
  }

  /** The part inside a picture of this size. */
  public Box clip(double width, double height) {
    return new Box(Math.clamp(left, 0, width), Math.clamp(top, 0, height),
        Math.clamp(right, 0, width), Math.clamp(bottom, 0, height));
  }

  /** The four corners, clockwise from the top left. */
  public List<Point> corners() {
    return List.of(new Point(left, top), new Point(right, top), new Point(right, bottom), new Point(left, bottom));
  }
}
