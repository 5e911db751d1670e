package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Boxes whose sides are distributions (distribution focal loss; Li et al., 2020), as the heads of YOLOv8 and NanoDet
 * give them: for each cell the distances from its centre to the left, top, right and bottom, each the mean of a softmax
 * over {@code bins} values in units of the stride, then a logit for each label.
 *
 * @param outputs the name of one output for each stride, {@code [1, 4 * bins + labels, rows, columns]}
 * @param bins values of a distance
 */
public record DistributionBoxes(List<String> outputs, List<Integer> strides, int bins) implements BoxDecoder {

  public DistributionBoxes {
    outputs = List.copyOf(outputs);
    strides = Grid.checked(strides);
    if (outputs.size() != strides.size() || bins < 1) {
      throw new SlipwayException("outputs: " + outputs + " of " + bins + " bins (expected: one for each of "
          + strides.size() + " strides, and >= 1 bins)");
    }
  }

  @Override
  public List<Detection> decode(Map<String, Tensor> values, int width, int height, double minScore) {
    List<Detection> detections = new ArrayList<>();
    for (int i = 0; i < strides.size(); i++) {
      BoxOutput rows = BoxOutput.transposed(values, outputs.get(i));
      List<Grid.Cell> cells = Grid.cells(List.of(strides.get(i)), width, height);
      rows.require("output " + outputs.get(i), cells.size(), "4 * " + bins + " + labels", rows.columns() > 4 * bins);
      for (int row = 0; row < rows.rows(); row++) {
        add(rows, row, cells.get(row), minScore, detections);
      }
    }
    return detections;
  }

  private void add(BoxOutput rows, int row, Grid.Cell cell, double minScore, List<Detection> detections) {
    for (int label = 0; label < rows.columns() - 4 * bins; label++) {
      double score = 1 / (1 + Math.exp(-rows.at(row, 4 * bins + label)));
      if (score > minScore) {
        detections.add(new Detection(box(rows, row, cell), score, label));
      }
    }
  }

  private Box box(BoxOutput rows, int row, Grid.Cell cell) {
    double x = cell.column() + 0.5;
    double y = cell.row() + 0.5;
    return new Box(x - distance(rows, row, 0), y - distance(rows, row, 1), x + distance(rows, row, 2),
        y + distance(rows, row, 3)).scale(cell.stride(), cell.stride());
  }

  /** The mean of the distribution of one side. */
  private double distance(BoxOutput rows, int row, int side) {
    float[] logits = new float[bins];
    for (int i = 0; i < bins; i++) {
      logits[i] = rows.at(row, side * bins + i);
    }
    float[] probabilities = Classification.softmax(logits);
    double mean = 0;
    for (int i = 0; i < bins; i++) {
      mean += i * (double) probabilities[i];
    }
    return mean;
  }
}
