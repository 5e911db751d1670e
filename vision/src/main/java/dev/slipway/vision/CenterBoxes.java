package dev.slipway.vision;

import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Boxes that the network has decoded itself, as YOLOv8 gives them: {@code [1, 4 + labels, boxes]} with the centre and
 * the size in pixels, and a score for each label.
 *
 * @param output its name; empty where the network has but one
 */
public record CenterBoxes(String output) implements BoxDecoder {
  private static final int LABELS = 4;

  @Override
  public List<Detection> decode(Map<String, Tensor> outputs, int width, int height, double minScore) {
    BoxOutput rows = BoxOutput.transposed(outputs, output);
    rows.require("output of centre boxes", rows.rows(), "4 + labels", rows.columns() > LABELS);
    List<Detection> detections = new ArrayList<>();
    for (int row = 0; row < rows.rows(); row++) {
      for (int label = 0; label < rows.columns() - LABELS; label++) {
        float score = rows.at(row, LABELS + label);
        if (score > minScore) {
          Box box = Box.ofCenter(rows.at(row, 0), rows.at(row, 1), rows.at(row, 2), rows.at(row, 3));
          detections.add(new Detection(box, score, label));
        }
      }
    }
    return detections;
  }
}
