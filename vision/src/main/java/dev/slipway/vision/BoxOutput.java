package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.Map;

/** The values of an output that decoders read, as rows of a matrix. */
record BoxOutput(float[] values, int rows, int columns) {

  /**
   * The rows of {@code [1, rows, columns]}, or of more dimensions between the first and the last.
   *
   * @param name empty for the only output
   */
  static BoxOutput rows(Map<String, Tensor> outputs, String name) {
    Tensor tensor = find(outputs, name);
    if (tensor.rank() < 2 || tensor.dim(0) != 1 && tensor.rank() > 2) {
      throw new SlipwayException("output " + name + ": " + tensor.type() + " (expected: [1, boxes, values])");
    }
    int columns = Math.toIntExact(tensor.dim(-1));
    int rows = columns == 0 ? 0 : Math.toIntExact(tensor.elementCount() / columns);
    return new BoxOutput(tensor.toFloats(), rows, columns);
  }

  /** The rows of {@code [1, columns, rows]}, or of more dimensions behind the columns. */
  static BoxOutput transposed(Map<String, Tensor> outputs, String name) {
    Tensor tensor = find(outputs, name);
    if (tensor.rank() < 3 || tensor.dim(0) != 1) {
      throw new SlipwayException("output " + name + ": " + tensor.type() + " (expected: [1, values, boxes])");
    }
    int columns = Math.toIntExact(tensor.dim(1));
    int rows = columns == 0 ? 0 : Math.toIntExact(tensor.elementCount() / columns);
    float[] source = tensor.toFloats();
    float[] target = new float[source.length];
    for (int column = 0; column < columns; column++) {
      for (int row = 0; row < rows; row++) {
        target[row * columns + column] = source[column * rows + row];
      }
    }
    return new BoxOutput(target, rows, columns);
  }

  private static Tensor find(Map<String, Tensor> outputs, String name) {
    Tensor tensor = name.isEmpty() && outputs.size() == 1 ? outputs.values().iterator().next() : outputs.get(name);
    if (tensor == null) {
      throw new SlipwayException("output of boxes: " + (name.isEmpty() ? "not named" : name) + " (expected: one of "
          + outputs.keySet() + ")");
    }
    return tensor;
  }

  float at(int row, int column) {
    return values[row * columns + column];
  }

  void require(String what, int expectedRows, String expectedColumns, boolean holds) {
    if (rows != expectedRows || !holds) {
      throw new SlipwayException(what + ": " + rows + " boxes of " + columns + " values (expected: " + expectedRows
          + " of " + expectedColumns + ")");
    }
  }
}
