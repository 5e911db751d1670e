package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.Detection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Average precision and recall as COCO defines them: precision at 101 recalls, for ten overlaps from 0.5 to 0.95, the
 * mean over overlaps and classes. {@code AP}, {@code AP50}, {@code AP75}, the same of small (under 32² pixels), medium
 * (under 96²) and large objects, {@code AR1}, {@code AR10} and {@code AR100}, the recall of so many boxes of a picture
 * and class. A value is left out where there are no such objects. Crowds are not counted.
 *
 * <p>Keeps a score and 80 bits for each of the best hundred detections of a picture and class.
 */
public final class AveragePrecision implements Metric {
  private static final String NAME = "average precision";
  private static final int MOST = 100;
  private static final int RECALLS = 101;

  private final Map<Integer, OfClass> classes = new TreeMap<>();

  @Override
  public void add(Prediction prediction, Label label) {
    List<Detection> detections = Comparisons.boxes(NAME, prediction);
    List<Label.Truth> truths = Comparisons.boxes(NAME, label);
    Set<Integer> present = new TreeSet<>();
    detections.forEach(detection -> present.add(detection.label()));
    truths.forEach(truth -> present.add(truth.category()));
    for (int category : present) {
      classes.computeIfAbsent(category, index -> new OfClass()).add(
          detections.stream()
              .filter(detection -> detection.label() == category)
              .sorted(Comparator.comparingDouble(Detection::score).reversed())
              .limit(MOST)
              .toList(),
          truths.stream().filter(truth -> truth.category() == category).toList());
    }
  }

  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    double[] all = IntStream.range(0, BoxMatching.OVERLAPS).mapToDouble(overlap -> mean(
        of -> of.precision(BoxMatching.Size.ALL, overlap), BoxMatching.Size.ALL)
        .orElseThrow(() -> new SlipwayException("labels: no boxes (expected: at least one, for " + NAME + ")")))
        .toArray();
    values.put("AP", Arrays.stream(all).average().orElseThrow());
    values.put("AP50", all[0]);
    values.put("AP75", all[BoxMatching.OVERLAPS / 2]);
    put(values, "APsmall", BoxMatching.Size.SMALL, of -> of.precision(BoxMatching.Size.SMALL));
    put(values, "APmedium", BoxMatching.Size.MEDIUM, of -> of.precision(BoxMatching.Size.MEDIUM));
    put(values, "APlarge", BoxMatching.Size.LARGE, of -> of.precision(BoxMatching.Size.LARGE));
    for (int most = 1; most <= MOST; most *= 10) {
      int limit = most;
      put(values, "AR" + most, BoxMatching.Size.ALL, of -> of.recall(BoxMatching.Size.ALL, limit));
    }
    return values;
  }

  private void put(Map<String, Double> values, String name, BoxMatching.Size size, Function<OfClass, Double> value) {
    mean(value, size).ifPresent(mean -> values.put(name, mean));
  }

  /** The mean over the classes that have objects of a size. */
  private OptionalDouble mean(Function<OfClass, Double> value, BoxMatching.Size size) {
    return classes.values().stream().filter(of -> of.truths[size.ordinal()] > 0).mapToDouble(value::apply).average();
  }

  /** The detections and the number of objects of one class. */
  private static final class OfClass {
    private final List<BoxMatching.Match> matches = new ArrayList<>();
    private final int[] truths = new int[BoxMatching.Size.values().length];
    private boolean sorted;

    void add(List<Detection> detections, List<Label.Truth> objects) {
      for (BoxMatching.Size size : BoxMatching.Size.values()) {
        truths[size.ordinal()] += (int) objects.stream().filter(size::counts).count();
      }
      matches.addAll(BoxMatching.match(detections, objects));
      sorted = false;
    }

    /** The mean over the overlaps. */
    double precision(BoxMatching.Size size) {
      return IntStream.range(0, BoxMatching.OVERLAPS)
          .mapToDouble(overlap -> precision(size, overlap))
          .average()
          .orElseThrow();
    }

    /** The mean, over 101 recalls, of the best precision at that recall or a higher one. */
    double precision(BoxMatching.Size size, int overlap) {
      List<BoxMatching.Match> counted =
          inOrder().stream().filter(match -> !match.isIgnored(size, overlap)).toList();
      double[] recalls = new double[counted.size()];
      double[] precisions = new double[counted.size()];
      int right = 0;
      for (int i = 0; i < recalls.length; i++) {
        right += counted.get(i).isMatched(size, overlap) ? 1 : 0;
        recalls[i] = (double) right / truths[size.ordinal()];
        precisions[i] = right / (i + 1.0);
      }
      for (int i = precisions.length - 2; i >= 0; i--) {
        precisions[i] = Math.max(precisions[i], precisions[i + 1]);
      }
      return meanAtRecalls(recalls, precisions);
    }

    private static double meanAtRecalls(double[] recalls, double[] precisions) {
      double sum = 0;
      int at = 0;
      for (int i = 0; i < RECALLS; i++) {
        double recall = i / (RECALLS - 1.0);
        while (at < recalls.length && recalls[at] < recall) {
          at++;
        }
        sum += at < recalls.length ? precisions[at] : 0;
      }
      return sum / RECALLS;
    }

    /** The share of objects found by so many detections of each picture, the mean over the overlaps. */
    double recall(BoxMatching.Size size, int most) {
      return IntStream.range(0, BoxMatching.OVERLAPS)
          .mapToDouble(overlap -> matches.stream()
              .filter(match -> match.rank() < most && !match.isIgnored(size, overlap) && match.isMatched(size, overlap))
              .count() / (double) truths[size.ordinal()])
          .average()
          .orElseThrow();
    }

    private List<BoxMatching.Match> inOrder() {
      if (!sorted) {
        matches.sort(Comparator.comparingDouble(BoxMatching.Match::score).reversed());
        sorted = true;
      }
      return matches;
    }
  }
}
