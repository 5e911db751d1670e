package dev.slipway.vision;

/** A position in pixels, x to the right, y downwards; the centre of the top left pixel is the origin. */
public record Point(double x, double y) {

  public double distance(Point other) {
    return Math.hypot(x - other.x, y - other.y);
  }
}
