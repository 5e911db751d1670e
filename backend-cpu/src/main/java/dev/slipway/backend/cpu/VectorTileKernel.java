package dev.slipway.backend.cpu;

/**
 * A {@link TileKernel} over a generated class, which sums from the bias and knows no sides.
 *
 * @param inputRow bytes between two rows of tiles in the input
 * @param outputRow bytes between two rows of tiles in the output
 */
record VectorTileKernel(VectorTile tile, long inputRow, long outputRow) implements TileKernel {

  static VectorTileKernel of(TileSpec spec) {
    if (spec.shape().rows() != 1 || !spec.epilogue().sides().isEmpty()) {
      throw new IllegalArgumentException("tile: " + spec + " (expected: one row, no sides)");
    }
    return new VectorTileKernel(TileKernelGenerator.kernel(spec), spec.input().row(), spec.output().row());
  }

  @Override
  public void run(
      long input,
      long segments,
      int segmentCount,
      long weights,
      long bias,
      long output,
      long blockStride,
      long side0,
      long side1,
      long side2,
      int tiles,
      int rows) {
    for (int row = 0; row < rows; row++) {
      tile.run(
          input + row * inputRow,
          segments,
          segmentCount,
          weights,
          bias,
          output + row * outputRow,
          blockStride,
          tiles);
    }
  }
}
