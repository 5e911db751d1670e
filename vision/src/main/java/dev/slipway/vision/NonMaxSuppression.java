package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Greedy non-maximum suppression: the best detection stays, others that overlap it too much go, and so on.
 *
 * @param minScore detections at or under this score are dropped
 * @param maxIou detections that overlap a better one by more than this go
 * @param maxDetections at most so many stay
 * @param perLabel whether only detections of the same label suppress each other
 */
public record NonMaxSuppression(double minScore, double maxIou, int maxDetections, boolean perLabel) {

  public NonMaxSuppression {
    if (!(maxIou >= 0 && maxIou <= 1)) {
      throw new SlipwayException("overlap: " + maxIou + " (expected: from 0 to 1)");
    }
    if (maxDetections < 0) {
      throw new SlipwayException("number of detections: " + maxDetections + " (expected: >= 0)");
    }
  }

  /** What stays, the best first; equal scores keep their order. */
  public List<Detection> apply(List<Detection> detections) {
    List<Detection> candidates = detections.stream()
        .filter(detection -> detection.score() > minScore)
        .sorted(Comparator.comparingDouble(Detection::score).reversed())
        .toList();
    List<Detection> kept = new ArrayList<>();
    for (Detection candidate : candidates) {
      if (kept.size() == maxDetections) {
        break;
      }
      if (kept.stream().noneMatch(better -> suppresses(better, candidate))) {
        kept.add(candidate);
      }
    }
    return kept;
  }

  private boolean suppresses(Detection better, Detection candidate) {
    return (!perLabel || better.label() == candidate.label()) && better.box().iou(candidate.box()) > maxIou;
  }
}
