package dev.slipway.backend.cpu;

/**
 * What a {@link WindowTileKernel} is specialised to.
 *
 * @param reduction how the inputs under the window become one
 * @param tile pixels, strides and activation; always one block of whole vectors
 */
record WindowTileSpec(WindowSpec.Reduction reduction, TileSpec tile) {

  WindowTileSpec {
    if (tile.blocks() != 1 || tile.lastLanes() != tile.lanes()) {
      throw new IllegalArgumentException("tile: " + tile + " (expected: one block of whole vectors)");
    }
  }
}
