package dev.slipway.vision;

import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Boxes without anchors, one for each cell of several grids, as YOLOX gives them (Ge et al., 2021): {@code [1, cells, 5
 * + labels]} with the centre relative to its cell and the logarithm of the size, both in units of the stride, how sure
 * it is that there is an object, and a score for each label.
 *
 * @param output its name; empty where the network has but one
 * @param strides pixels from one cell to the next, for each grid
 */
public record GridBoxes(String output, List<Integer> strides) implements BoxDecoder {
  private static final int LABELS = 5;

  public GridBoxes {
    strides = Grid.checked(strides);
  }

  @Override
  public List<Detection> decode(Map<String, Tensor> outputs, int width, int height, double minScore) {
    BoxOutput rows = BoxOutput.rows(outputs, output);
    List<Grid.Cell> cells = Grid.cells(strides, width, height);
    rows.require("output of grid boxes", cells.size(), "5 + labels", rows.columns() > LABELS);
    List<Detection> detections = new ArrayList<>();
    for (int row = 0; row < rows.rows(); row++) {
      if (rows.at(row, LABELS - 1) > minScore) {
        add(rows, row, cells.get(row), minScore, detections);
      }
    }
    return detections;
  }

  private static void add(BoxOutput rows, int row, Grid.Cell cell, double minScore, List<Detection> detections) {
    Box box = Box.ofCenter(
        (rows.at(row, 0) + cell.column()) * cell.stride(), (rows.at(row, 1) + cell.row()) * cell.stride(),
        Math.exp(rows.at(row, 2)) * cell.stride(), Math.exp(rows.at(row, 3)) * cell.stride());
    for (int label = 0; label < rows.columns() - LABELS; label++) {
      double score = rows.at(row, LABELS - 1) * rows.at(row, LABELS + label);
      if (score > minScore) {
        detections.add(new Detection(box, score, label));
      }
    }
  }
}
