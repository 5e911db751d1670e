package dev.slipway.backend.cpu;

/** What a generated class implements for a {@link TileKernel}: one row of tiles without sides. */
interface VectorTile {
  void run(
      long input,
      long segments,
      int segmentCount,
      long weights,
      long bias,
      long output,
      long blockStride,
      int tiles);
}
