package dev.slipway.operators;

import dev.slipway.graph.InvalidGraphException;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;

/** How the channels of blocks of pixels lie. */
public enum BlockOrder {
  /** Block rows and columns outside of the channels (depth, column, row). */
  DCR,
  /** Block rows and columns within a channel (column, row, depth). */
  CRD;

  static BlockOrder of(String text) {
    for (BlockOrder order : values()) {
      if (order.name().equals(text)) {
        return order;
      }
    }
    throw new InvalidGraphException("attribute mode: " + text + " (expected: DCR or CRD)");
  }

  static void requireBlockSize(long size) {
    if (size < 1 || size > Short.MAX_VALUE) {
      throw new InvalidGraphException("attribute blocksize: " + size + " (expected: 1 to " + Short.MAX_VALUE + ")");
    }
  }

  static Shape requireImages(Shape shape) {
    if (shape.ranked() && shape.rank() != 4) {
      throw new InvalidGraphException("input: " + shape + " (expected: 4 axes N, C, H, W)");
    }
    return shape;
  }

  static Dim divide(String what, Dim size, long divisor) {
    if (size instanceof Dim.Known(long known) && known % divisor != 0) {
      throw new InvalidGraphException(what + ": " + known + " (expected: a multiple of " + divisor + ")");
    }
    return size.floorDiv(divisor);
  }
}
