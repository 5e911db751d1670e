package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The receiver operating characteristic: how many of the rest are let in when a threshold lets in so many of what is
 * meant.
 *
 * @param points from (0, 0) to (1, 1), one for each score that occurs
 */
public record RocCurve(List<Point> points) {

  /** The shares that score at least {@code threshold}. */
  public record Point(double falsePositives, double truePositives, double threshold) {}

  public RocCurve {
    points = List.copyOf(points);
  }

  /**
   * The curve of scores.
   *
   * @param positive which of them are of what is meant
   * @throws SlipwayException where all are, or none
   */
  public static RocCurve of(double[] scores, boolean[] positive) {
    long positives = IntStream.range(0, positive.length).filter(i -> positive[i]).count();
    long negatives = positive.length - positives;
    if (scores.length != positive.length || positives == 0 || negatives == 0) {
      throw new SlipwayException("scores: " + scores.length + " with " + positives + " positive and " + negatives
          + " negative labels (expected: a label for each, and some of both)");
    }
    int[] order = IntStream.range(0, scores.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer i) -> scores[i]).reversed())
        .mapToInt(Integer::intValue)
        .toArray();
    List<Point> points = new ArrayList<>();
    points.add(new Point(0, 0, Double.POSITIVE_INFINITY));
    int right = 0;
    for (int i = 0; i < order.length; i++) {
      right += positive[order[i]] ? 1 : 0;
      if (i + 1 == order.length || scores[order[i + 1]] != scores[order[i]]) {
        points.add(new Point((double) (i + 1 - right) / negatives, (double) right / positives, scores[order[i]]));
      }
    }
    return new RocCurve(points);
  }

  /**
   * The area under the curve, by trapezoids: the chance that what is meant scores above the rest, ties counting half.
   */
  public double area() {
    double area = 0;
    for (int i = 1; i < points.size(); i++) {
      Point left = points.get(i - 1);
      Point right = points.get(i);
      area += (right.falsePositives - left.falsePositives) * (right.truePositives + left.truePositives) / 2;
    }
    return area;
  }
}
