package dev.slipway.evaluation;

import dev.slipway.vision.Box;
import dev.slipway.vision.Detection;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which detections of one picture and class find an object, by the rules of COCO's evaluation: each detection in turn,
 * the best first, takes the free object that it overlaps most; crowds, and objects outside a
 * range of sizes, neither count nor harm.
 */
final class BoxMatching {
  /** Overlaps 0.5, 0.55, ..., 0.95 that are asked for. */
  static final int OVERLAPS = 10;

  private BoxMatching() {}

  /** Ranges of area, in square pixels. */
  enum Size {
    ALL(0, 1e10),
    SMALL(0, 32 * 32),
    MEDIUM(32 * 32, 96 * 96),
    LARGE(96 * 96, 1e10);

    private final double least;
    private final double most;

    Size(double least, double most) {
      this.least = least;
      this.most = most;
    }

    /** Whether an object counts. */
    boolean counts(Label.Truth truth) {
      return !truth.crowd() && contains(truth.area());
    }

    private boolean contains(double area) {
      return area >= least && area <= most;
    }

    private long bit(int overlap) {
      return 1L << ordinal() * OVERLAPS + overlap;
    }
  }

  /**
   * What became of a detection, a bit for each size and overlap.
   *
   * @param rank among the detections of its picture and class
   */
  record Match(double score, int rank, long matched, long ignored) {
    boolean isMatched(Size size, int overlap) {
      return (matched & size.bit(overlap)) != 0;
    }

    boolean isIgnored(Size size, int overlap) {
      return (ignored & size.bit(overlap)) != 0;
    }
  }

  static List<Match> match(List<Detection> detections, List<Label.Truth> truths) {
    long[] matched = new long[detections.size()];
    long[] ignored = new long[detections.size()];
    for (Size size : Size.values()) {
      List<Label.Truth> counted =
          truths.stream().sorted(Comparator.comparing(truth -> !size.counts(truth))).toList();
      double[][] ious = ious(detections, counted);
      for (int overlap = 0; overlap < OVERLAPS; overlap++) {
        match(detections, counted, ious, size, overlap, matched, ignored);
      }
    }
    List<Match> matches = new ArrayList<>();
    for (int i = 0; i < matched.length; i++) {
      matches.add(new Match(detections.get(i).score(), i, matched[i], ignored[i]));
    }
    return matches;
  }

  private static double[][] ious(List<Detection> detections, List<Label.Truth> truths) {
    double[][] ious = new double[detections.size()][truths.size()];
    for (int i = 0; i < ious.length; i++) {
      for (int j = 0; j < ious[i].length; j++) {
        ious[i][j] = overlap(detections.get(i).box(), truths.get(j));
      }
    }
    return ious;
  }

  /** Of a crowd, the share of the detection that lies in it. */
  private static double overlap(Box box, Label.Truth truth) {
    return truth.crowd() && box.area() > 0
        ? box.intersection(truth.box()).area() / box.area()
        : box.iou(truth.box());
  }

  private static void match(
      List<Detection> detections,
      List<Label.Truth> truths,
      double[][] ious,
      Size size,
      int overlap,
      long[] matched,
      long[] ignored) {
    boolean[] taken = new boolean[truths.size()];
    for (int i = 0; i < ious.length; i++) {
      int best = best(ious[i], truths, size, 0.5 + 0.05 * overlap, taken);
      boolean counts =
          best < 0 ? size.contains(detections.get(i).box().area()) : size.counts(truths.get(best));
      if (best >= 0) {
        taken[best] = true;
        matched[i] |= size.bit(overlap);
      }
      if (!counts) {
        ignored[i] |= size.bit(overlap);
      }
    }
  }

  /**
   * The free object that is overlapped most, those that count before the others; -1 where none is overlapped enough.
   */
  private static int best(double[] ious, List<Label.Truth> truths, Size size, double overlap, boolean[] taken) {
    int best = -1;
    double most = Math.min(overlap, 1 - 1e-10);
    for (int j = 0; j < ious.length; j++) {
      if (best >= 0 && size.counts(truths.get(best)) && !size.counts(truths.get(j))) {
        break;
      }
      if ((!taken[j] || truths.get(j).crowd()) && ious[j] >= most) {
        most = ious[j];
        best = j;
      }
    }
    return best;
  }
}
