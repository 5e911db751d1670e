package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;

/**
 * A perspective map of the plane: x' = (a x + b y + c) / (g x + h y + 1), y' = (d x + e y + f) / (g x + h y + 1).
 */
public record PerspectiveTransform(
    double a, double b, double c, double d, double e, double f, double g, double h) {

  /**
   * The map that takes the rectangle 0,0 to width,height onto a quadrilateral (Heckbert, Fundamentals of Texture
   * Mapping and Image Warping, 1989, section 2.2.3).
   */
  public static PerspectiveTransform ofRectangle(double width, double height, Quad quad) {
    Point p0 = quad.topLeft();
    Point p1 = quad.topRight();
    Point p2 = quad.bottomRight();
    Point p3 = quad.bottomLeft();
    double dx1 = p1.x() - p2.x();
    double dx2 = p3.x() - p2.x();
    double dx3 = p0.x() - p1.x() + p2.x() - p3.x();
    double dy1 = p1.y() - p2.y();
    double dy2 = p3.y() - p2.y();
    double dy3 = p0.y() - p1.y() + p2.y() - p3.y();
    double determinant = dx1 * dy2 - dx2 * dy1;
    if (determinant == 0) {
      throw new SlipwayException("quadrilateral: " + quad + " (expected: three corners never on one line)");
    }
    double g = (dx3 * dy2 - dx2 * dy3) / determinant;
    double h = (dx1 * dy3 - dx3 * dy1) / determinant;
    return new PerspectiveTransform(
        (p1.x() - p0.x() + g * p1.x()) / width, (p3.x() - p0.x() + h * p3.x()) / height, p0.x(),
        (p1.y() - p0.y() + g * p1.y()) / width, (p3.y() - p0.y() + h * p3.y()) / height, p0.y(),
        g / width, h / height);
  }

  public Point apply(Point point) {
    double divisor = g * point.x() + h * point.y() + 1;
    return new Point((a * point.x() + b * point.y() + c) / divisor, (d * point.x() + e * point.y() + f) / divisor);
  }

  /**
   * An upright copy of what stands in a quadrilateral, between pixels bilinear, outside the picture the nearest pixel.
   * Width and height are those of its longer edges.
   */
  public static Image crop(Image source, Quad quad) {
    int width = Math.max((int) quad.width(), 1);
    int height = Math.max((int) quad.height(), 1);
    return ofRectangle(width, height, quad).sample(source, width, height);
  }

  private Image sample(Image source, int width, int height) {
    Image target = Image.allocate(width, height, source.format());
    int channels = source.channels();
    int maxX = source.width() - 1;
    int maxY = source.height() - 1;
    int p = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double divisor = g * x + h * y + 1;
        double sourceX = Math.clamp((a * x + b * y + c) / divisor, 0, maxX);
        double sourceY = Math.clamp((d * x + e * y + f) / divisor, 0, maxY);
        int left = (int) sourceX;
        int top = (int) sourceY;
        float right = (float) (sourceX - left);
        float down = (float) (sourceY - top);
        int upper = (top * source.width() + left) * channels;
        int lower = upper + (top < maxY ? source.width() * channels : 0);
        int next = left < maxX ? channels : 0;
        for (int channel = 0; channel < channels; channel++) {
          target.pixels()[p++] = (byte) (between(source.pixels(), upper + channel, next, right) * (1 - down)
              + between(source.pixels(), lower + channel, next, right) * down + 0.5f);
        }
      }
    }
    return target;
  }

  private static float between(byte[] pixels, int index, int next, float fraction) {
    return (pixels[index] & 0xff) * (1 - fraction) + (pixels[index + next] & 0xff) * fraction;
  }
}
