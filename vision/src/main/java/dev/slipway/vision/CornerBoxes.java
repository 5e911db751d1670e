package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Boxes that the network has decoded itself, as UltraFace and SSD models with decoding give them: {@code [1, boxes, 4]}
 * with left, top, right, bottom from 0 to 1, and {@code [1, boxes, labels]} with a score for each label.
 *
 * @param boxes the name of the output of boxes
 * @param scores the name of the output of scores
 * @param background whether the first score is that of no object; labels are counted behind it
 */
public record CornerBoxes(String boxes, String scores, boolean background) implements BoxDecoder {

  @Override
  public List<Detection> decode(Map<String, Tensor> outputs, int width, int height, double minScore) {
    BoxOutput corners = BoxOutput.rows(outputs, boxes);
    return decode(
        corners, BoxOutput.rows(outputs, scores), background, minScore,
        row -> new Box(corners.at(row, 0), corners.at(row, 1), corners.at(row, 2), corners.at(row, 3))
            .scale(width, height));
  }

  /** The box of a row. */
  interface RowBox {
    Box box(int row);
  }

  static List<Detection> decode(
      BoxOutput boxes, BoxOutput scores, boolean background, double minScore, RowBox rowBox) {
    if (boxes.columns() != 4 || boxes.rows() != scores.rows()) {
      throw new SlipwayException("outputs: " + boxes.rows() + " boxes of " + boxes.columns() + " values and "
          + scores.rows() + " scores (expected: boxes of 4 values and as many scores)");
    }
    int first = background ? 1 : 0;
    List<Detection> detections = new ArrayList<>();
    for (int row = 0; row < scores.rows(); row++) {
      for (int label = first; label < scores.columns(); label++) {
        float score = scores.at(row, label);
        if (score > minScore) {
          detections.add(new Detection(rowBox.box(row), score, label - first));
        }
      }
    }
    return detections;
  }
}
