package dev.slipway.backend.cpu;

/**
 * A {@link TileKernel} over a generated class, which sums from the bias and knows no sides.
 *
 * @param input bytes between neighbours in the input
 * @param output bytes between neighbours in the output
 */
record VectorTileKernel(VectorTile tile, TileSpec.Strides input, TileSpec.Strides output) implements TileKernel {

  static VectorTileKernel of(TileSpec spec) {
    if (spec.shape().rows() != 1 || !spec.epilogue().sides().isEmpty()) {
      throw new IllegalArgumentException("tile: " + spec + " (expected: one row, no sides)");
    }
    return new VectorTileKernel(TileKernelGenerator.kernel(spec), spec.input(), spec.output());
  }

  @Override
  public void run(
      long from,
      long segments,
      long weights,
      long bias,
      long to,
      long side0,
      long side1,
      long side2,
      int tiles,
      int rows) {
    for (int row = 0; row < rows; row++) {
      tile.run(
          from + (long) row * input.row(),
          segments + SegmentTable.HEADER_BYTES,
          (int) Memory.getLong(segments),
          weights,
          bias,
          to + (long) row * output.row(),
          output.block(),
          tiles);
    }
  }
}
