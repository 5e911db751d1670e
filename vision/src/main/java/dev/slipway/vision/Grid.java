package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;
import java.util.ArrayList;
import java.util.List;

/** Grids over the input of a network, the finest first as the strides give them, each row by row from the top left. */
final class Grid {
  private Grid() {}

  /** One cell; the size is the stride. */
  record Cell(int column, int row, int stride) {}

  static List<Cell> cells(List<Integer> strides, int width, int height) {
    List<Cell> cells = new ArrayList<>();
    for (int stride : strides) {
      for (int row = 0; row < Math.ceilDiv(height, stride); row++) {
        for (int column = 0; column < Math.ceilDiv(width, stride); column++) {
          cells.add(new Cell(column, row, stride));
        }
      }
    }
    return cells;
  }

  static List<Integer> checked(List<Integer> strides) {
    if (strides.isEmpty() || strides.stream().anyMatch(stride -> stride < 1)) {
      throw new SlipwayException("strides: " + strides + " (expected: at least one, each >= 1)");
    }
    return List.copyOf(strides);
  }
}
