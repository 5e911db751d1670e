package dev.slipway.vision;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A rectangle turned by an angle.
 *
 * @param along the length of the side in the direction of {@code angle}, in pixels
 * @param across the length of the other side
 * @param angle in radians, from the x axis towards the y axis
 */
public record RotatedBox(Point center, double along, double across, double angle) {

  /**
   * The rectangle of the smallest area around points. One of its sides lies on an edge of their convex hull (Freeman
   * and Shapira, 1975), so every edge is tried.
   */
  public static RotatedBox around(List<Point> points) {
    List<Point> hull = hull(points);
    RotatedBox smallest = around(hull, hull.getFirst(), hull.getLast());
    for (int i = 1; i < hull.size(); i++) {
      RotatedBox next = around(hull, hull.get(i), hull.get(i - 1));
      if (next.area() < smallest.area()) {
        smallest = next;
      }
    }
    return smallest;
  }

  public double area() {
    return along * across;
  }

  /** The same centre and angle, every side moved outwards by a distance. */
  public RotatedBox grow(double distance) {
    return new RotatedBox(center, along + 2 * distance, across + 2 * distance, angle);
  }

  /** The corners named by where they lie: of the two left ones the upper is the top left. */
  public Quad quad() {
    List<Point> corners = new ArrayList<>(List.of(corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)));
    corners.sort(Comparator.comparingDouble(Point::x).thenComparingDouble(Point::y));
    Point left = corners.get(0);
    Point otherLeft = corners.get(1);
    Point right = corners.get(2);
    Point otherRight = corners.get(3);
    boolean leftIsTop = left.y() < otherLeft.y();
    boolean rightIsTop = right.y() < otherRight.y();
    return new Quad(leftIsTop ? left : otherLeft, rightIsTop ? right : otherRight,
        rightIsTop ? otherRight : right, leftIsTop ? otherLeft : left);
  }

  /** The convex hull, in the order of the angle, without points on its edges (Andrew's monotone chain, 1979). */
  static List<Point> hull(List<Point> points) {
    List<Point> sorted = points.stream()
        .distinct()
        .sorted(Comparator.comparingDouble(Point::x).thenComparingDouble(Point::y))
        .toList();
    if (sorted.size() < 3) {
      return sorted;
    }
    List<Point> hull = chain(sorted);
    hull.removeLast();
    List<Point> back = chain(sorted.reversed());
    back.removeLast();
    hull.addAll(back);
    return hull;
  }

  private static List<Point> chain(List<Point> sorted) {
    List<Point> chain = new ArrayList<>();
    for (Point point : sorted) {
      while (chain.size() > 1 && cross(chain.get(chain.size() - 2), chain.getLast(), point) <= 0) {
        chain.removeLast();
      }
      chain.add(point);
    }
    return chain;
  }

  private static double cross(Point a, Point b, Point c) {
    return (b.x() - a.x()) * (c.y() - a.y()) - (b.y() - a.y()) * (c.x() - a.x());
  }

  private static RotatedBox around(List<Point> hull, Point to, Point from) {
    double angle = Math.atan2(to.y() - from.y(), to.x() - from.x());
    double cos = Math.cos(angle);
    double sin = Math.sin(angle);
    double minAlong = Double.POSITIVE_INFINITY;
    double maxAlong = Double.NEGATIVE_INFINITY;
    double minAcross = Double.POSITIVE_INFINITY;
    double maxAcross = Double.NEGATIVE_INFINITY;
    for (Point point : hull) {
      double along = point.x() * cos + point.y() * sin;
      double across = point.y() * cos - point.x() * sin;
      minAlong = Math.min(minAlong, along);
      maxAlong = Math.max(maxAlong, along);
      minAcross = Math.min(minAcross, across);
      maxAcross = Math.max(maxAcross, across);
    }
    double along = (minAlong + maxAlong) / 2;
    double across = (minAcross + maxAcross) / 2;
    Point center = new Point(along * cos - across * sin, along * sin + across * cos);
    return new RotatedBox(center, maxAlong - minAlong, maxAcross - minAcross, angle);
  }

  private Point corner(int alongSign, int acrossSign) {
    double u = along / 2 * alongSign;
    double v = across / 2 * acrossSign;
    return new Point(center.x() + u * Math.cos(angle) - v * Math.sin(angle),
        center.y() + u * Math.sin(angle) + v * Math.cos(angle));
  }
}
