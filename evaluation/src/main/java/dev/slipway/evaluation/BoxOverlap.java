package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.Detection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How well boxes agree with those of a reference: {@code iou}, the mean over the reference's boxes of the overlap with
 * the box that is paired with each, 0 where there is none; {@code found}, the share of them that is overlapped by half
 * or more; {@code extra}, boxes that are paired with none, for each of the reference's.
 */
public final class BoxOverlap implements Metric {
  private static final String NAME = "overlap of boxes";
  private static final double FOUND = 0.5;

  private int truths;
  private double overlap;
  private int found;
  private int extra;

  private record Pair(int detection, int truth, double iou) {}

  @Override
  public void add(Prediction prediction, Label label) {
    List<Detection> detections = Comparisons.boxes(NAME, prediction);
    List<Label.Truth> objects = Comparisons.boxes(NAME, label).stream().filter(truth -> !truth.crowd()).toList();
    List<Pair> pairs = pairs(detections, objects);
    truths += objects.size();
    overlap += pairs.stream().mapToDouble(Pair::iou).sum();
    found += (int) pairs.stream().filter(pair -> pair.iou >= FOUND).count();
    extra += detections.size() - pairs.size();
  }

  /** Boxes of the same class that overlap, paired from the greatest overlap down. */
  private static List<Pair> pairs(List<Detection> detections, List<Label.Truth> objects) {
    List<Pair> all = new ArrayList<>();
    for (int i = 0; i < detections.size(); i++) {
      for (int j = 0; j < objects.size(); j++) {
        double iou = detections.get(i).box().iou(objects.get(j).box());
        if (iou > 0 && detections.get(i).label() == objects.get(j).category()) {
          all.add(new Pair(i, j, iou));
        }
      }
    }
    all.sort((a, b) -> Double.compare(b.iou, a.iou));
    boolean[] usedDetections = new boolean[detections.size()];
    boolean[] usedTruths = new boolean[objects.size()];
    List<Pair> kept = new ArrayList<>();
    for (Pair pair : all) {
      if (!usedDetections[pair.detection] && !usedTruths[pair.truth]) {
        usedDetections[pair.detection] = true;
        usedTruths[pair.truth] = true;
        kept.add(pair);
      }
    }
    return kept;
  }

  @Override
  public Map<String, Double> values() {
    if (truths == 0) {
      throw new SlipwayException("labels: no boxes (expected: at least one, for " + NAME + ")");
    }
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("iou", overlap / truths);
    values.put("found", (double) found / truths);
    values.put("extra", (double) extra / truths);
    return values;
  }
}
