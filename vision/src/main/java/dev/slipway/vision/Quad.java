package dev.slipway.vision;

import java.util.List;

/** A convex quadrilateral, corners clockwise as one reads what stands in it. */
public record Quad(Point topLeft, Point topRight, Point bottomRight, Point bottomLeft) {

  /** The corners, clockwise from the top left. */
  public List<Point> corners() {
    return List.of(topLeft, topRight, bottomRight, bottomLeft);
  }

  /** The longer of the top and bottom edges. */
  public double width() {
    return Math.max(topLeft.distance(topRight), bottomLeft.distance(bottomRight));
  }

  /** The longer of the left and right edges. */
  public double height() {
    return Math.max(topLeft.distance(bottomLeft), topRight.distance(bottomRight));
  }

  /** The smallest upright box around it. */
  public Box bounds() {
    double left = Double.POSITIVE_INFINITY;
    double top = Double.POSITIVE_INFINITY;
    double right = Double.NEGATIVE_INFINITY;
    double bottom = Double.NEGATIVE_INFINITY;
    for (Point corner : corners()) {
      left = Math.min(left, corner.x());
      top = Math.min(top, corner.y());
      right = Math.max(right, corner.x());
      bottom = Math.max(bottom, corner.y());
    }
    return new Box(left, top, right, bottom);
  }
}
