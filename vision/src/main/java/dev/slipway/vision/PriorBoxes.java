package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Boxes relative to anchors, as SSD (Liu et al., 2016) and RetinaFace give them: {@code [1, anchors, 4]} with the
 * offset of the centre, and {@code [1, anchors, labels]} with a score for each label, the first being that of no
 * object. An anchor is a square around the centre of a cell.
 *
 * @param boxes the name of the output of boxes
 * @param scores the name of the output of scores
 * @param strides pixels from one cell to the next, for each grid
 * @param sides of the anchors of a cell, in pixels, for each grid
 * @param centerVariance what offsets of centres were divided by
 * @param sizeVariance what logarithms of sizes were divided by
 */
public record PriorBoxes(
    String boxes,
    String scores,
    List<Integer> strides,
    List<List<Integer>> sides,
    double centerVariance,
    double sizeVariance)
    implements BoxDecoder {

  public PriorBoxes {
    strides = Grid.checked(strides);
    sides = sides.stream().map(List::copyOf).toList();
    if (sides.size() != strides.size()) {
      throw new SlipwayException("sides of anchors: " + sides + " (expected: a list for each of " + strides.size()
          + " strides)");
    }
  }

  @Override
  public List<Detection> decode(Map<String, Tensor> outputs, int width, int height, double minScore) {
    BoxOutput offsets = BoxOutput.rows(outputs, boxes);
    List<Box> anchors = anchors(width, height);
    offsets.require("output of boxes of anchors", anchors.size(), "4", offsets.columns() == 4);
    return CornerBoxes.decode(offsets, BoxOutput.rows(outputs, scores), true, minScore,
        row -> decode(anchors.get(row), offsets, row));
  }

  private List<Box> anchors(int width, int height) {
    List<Box> anchors = new ArrayList<>();
    for (Grid.Cell cell : Grid.cells(strides, width, height)) {
      for (int side : sides.get(strides.indexOf(cell.stride()))) {
        anchors.add(
            Box.ofCenter((cell.column() + 0.5) * cell.stride(), (cell.row() + 0.5) * cell.stride(), side, side));
      }
    }
    return anchors;
  }

  private Box decode(Box anchor, BoxOutput offsets, int row) {
    Point center = anchor.center();
    return Box.ofCenter(
        center.x() + offsets.at(row, 0) * centerVariance * anchor.width(),
        center.y() + offsets.at(row, 1) * centerVariance * anchor.height(),
        anchor.width() * Math.exp(offsets.at(row, 2) * sizeVariance),
        anchor.height() * Math.exp(offsets.at(row, 3) * sizeVariance));
  }
}
