package dev.slipway.backend.cpu;

/**
 * What a {@link WindowKernel} is specialised to.
 *
 * @param reduction how the inputs under the window become one
 * @param tile pixels, strides and activation; always one block of whole vectors
 */
record WindowSpec(Reduction reduction, TileSpec tile) {
  /** A reduction over a window of one channel. */
  enum Reduction {
    /** Sum of input times weight, starting at the bias: depthwise convolution. */
    WEIGHTED_SUM,
    /** Sum times the scale. */
    MEAN,
    /** Largest; a NaN is passed over, as long as there is a number. */
    MAX
  }

  WindowSpec {
    if (tile.blocks() != 1 || tile.lastLanes() != tile.lanes()) {
      throw new IllegalArgumentException("tile: " + tile + " (expected: one block of whole vectors)");
    }
  }
}
