package dev.slipway.vision;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The probability that a pixel belongs to text, as a differentiable-binarisation network gives it (Liao et al.,
 * Real-time Scene Text Detection with Differentiable Binarization, 2020), rows from the top.
 */
record TextMap(int width, int height, float[] probabilities) {
  /** Smaller regions are noise; sides in pixels of the map. */
  private static final double MIN_SIDE = 3;

  private static final double MIN_GROWN_SIDE = 5;

  /** From a tensor 1×1×H×W. */
  static TextMap of(Tensor map) {
    if (map.dtype() != DType.FLOAT32 || map.rank() != 4 || map.dim(0) != 1 || map.dim(1) != 1) {
      throw new SlipwayException("output of the text detector: " + map.type() + " (expected: float32[1, 1, H, W])");
    }
    return new TextMap(Math.toIntExact(map.dim(3)), Math.toIntExact(map.dim(2)), map.toFloats());
  }

  /**
   * The regions of text in pixels of the map, grown by {@code area * ratio / perimeter} because the network marks
   * shrunken lines.
   */
  List<TextRegion> regions(double minProbability, double minScore, double growRatio) {
    List<TextRegion> regions = new ArrayList<>();
    for (List<Point> outline : components(minProbability)) {
      RotatedBox box = RotatedBox.around(outline);
      if (Math.min(box.along(), box.across()) < MIN_SIDE) {
        continue;
      }
      double score = mean(box.quad());
      if (score < minScore) {
        continue;
      }
      RotatedBox grown = box.grow(box.area() * growRatio / (2 * (box.along() + box.across())));
      if (Math.min(grown.along(), grown.across()) >= MIN_GROWN_SIDE) {
        regions.add(new TextRegion(grown.quad(), score));
      }
    }
    return regions;
  }

  /**
   * The 8-connected components of pixels above a probability, each as the first and last pixel of its rows, which have
   * the same convex hull.
   */
  List<List<Point>> components(double minProbability) {
    boolean[] open = new boolean[probabilities.length];
    for (int i = 0; i < open.length; i++) {
      open[i] = probabilities[i] > minProbability;
    }
    List<List<Point>> components = new ArrayList<>();
    Extent extent = new Extent(height);
    int[] stack = new int[64];
    for (int start = 0; start < open.length; start++) {
      if (open[start]) {
        stack = flood(start, open, stack, extent);
        components.add(extent.takePoints());
      }
    }
    return components;
  }

  /** The mean probability of the pixels in a convex quadrilateral, its edges included; 0 where it holds none. */
  double mean(Quad quad) {
    Box bounds = quad.bounds().clip(width - 1, height - 1);
    List<Point> corners = quad.corners();
    double sum = 0;
    int count = 0;
    for (int y = (int) Math.ceil(bounds.top()); y <= bounds.bottom(); y++) {
      double left = Double.POSITIVE_INFINITY;
      double right = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < 4; i++) {
        Point from = corners.get(i);
        Point to = corners.get((i + 1) % 4);
        if (Math.min(from.y(), to.y()) > y || Math.max(from.y(), to.y()) < y) {
          continue;
        }
        double t = from.y() == to.y() ? 0 : (y - from.y()) / (to.y() - from.y());
        double x = from.x() + t * (to.x() - from.x());
        left = Math.min(left, from.y() == to.y() ? Math.min(from.x(), to.x()) : x);
        right = Math.max(right, from.y() == to.y() ? Math.max(from.x(), to.x()) : x);
      }
      for (int x = (int) Math.ceil(Math.max(left, 0)); x <= Math.min(right, width - 1); x++) {
        sum += probabilities[y * width + x];
        count++;
      }
    }
    return count == 0 ? 0 : sum / count;
  }

  private int[] flood(int start, boolean[] open, int[] stack, Extent extent) {
    int size = 0;
    stack[size++] = start;
    open[start] = false;
    while (size > 0) {
      int pixel = stack[--size];
      int x = pixel % width;
      int y = pixel / width;
      extent.include(x, y);
      if (stack.length < size + 8) {
        stack = Arrays.copyOf(stack, stack.length * 2);
      }
      for (int ny = Math.max(y - 1, 0); ny <= Math.min(y + 1, height - 1); ny++) {
        for (int nx = Math.max(x - 1, 0); nx <= Math.min(x + 1, width - 1); nx++) {
          int neighbour = ny * width + nx;
          if (open[neighbour]) {
            open[neighbour] = false;
            stack[size++] = neighbour;
          }
        }
      }
    }
    return stack;
  }

  /** The first and last column in every row of one component. */
  private static final class Extent {
    private final int[] first;
    private final int[] last;
    private int top = Integer.MAX_VALUE;
    private int bottom = -1;

    Extent(int height) {
      first = new int[height];
      last = new int[height];
      Arrays.fill(first, Integer.MAX_VALUE);
      Arrays.fill(last, -1);
    }

    void include(int x, int y) {
      first[y] = Math.min(first[y], x);
      last[y] = Math.max(last[y], x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }

    /** The points of the component; the extent is empty afterwards. */
    List<Point> takePoints() {
      List<Point> points = new ArrayList<>();
      for (int y = top; y <= bottom; y++) {
        points.add(new Point(first[y], y));
        points.add(new Point(last[y], y));
        first[y] = Integer.MAX_VALUE;
        last[y] = -1;
      }
      top = Integer.MAX_VALUE;
      bottom = -1;
      return points;
    }
  }
}
