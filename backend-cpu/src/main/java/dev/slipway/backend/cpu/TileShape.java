package dev.slipway.backend.cpu;

/**
 * A register tile: {@code rows * pixels} broadcast inputs times {@code blocks} vectors of output channels.
 *
 * @param rows rows of pixels
 * @param pixels neighbouring pixels of each row
 * @param blocks columns, in vectors
 */
record TileShape(int rows, int pixels, int blocks) {

  TileShape {
    if (rows < 1 || pixels < 1 || blocks < 1) {
      throw new IllegalArgumentException(
          "tile: " + rows + "x" + pixels + "x" + blocks + " (expected: at least 1x1x1)");
    }
  }

  /** A tile of one row. */
  TileShape(int pixels, int blocks) {
    this(1, pixels, blocks);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TileShape shape
        && rows == shape.rows && pixels == shape.pixels && blocks == shape.blocks;
  }

  @Override
  public int hashCode() {
    return (rows * 31 + pixels) * 31 + blocks;
  }

  @Override
  public String toString() {
    return rows + "x" + pixels + "x" + blocks;
  }

  /** Pixels of all rows. */
  int area() {
    return rows * pixels;
  }

  int accumulators() {
    return area() * blocks;
  }
}
