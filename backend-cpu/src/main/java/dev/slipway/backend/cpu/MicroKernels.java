package dev.slipway.backend.cpu;

import java.util.List;

/**
 * Makes the micro-kernels that loop nests call. A kernel may be shared by all that ask for the same specification.
 * Thread-safe.
 */
interface MicroKernels {
  /** How the kernels are made, for the fingerprint of a device: plans that were tuned with others do not fit. */
  String name();

  TileKernel tile(TileSpec spec);

  WindowKernel window(WindowSpec spec);

  PointwiseKernel pointwise(PointwiseSpec spec);

  /**
   * The register tiles that {@link #tile} makes for rows of {@code pixels} neighbouring pixels and {@code blocks}
   * vectors of output channels, best predicted first; at least one.
   */
  List<TileShape> tiles(int pixels, int blocks);

  /** Those of {@link #tiles} that are worth measuring, best predicted first. */
  List<TileShape> tileChoices(int pixels, int blocks);

  /** The tile that is predicted best. */
  default TileShape bestTile(int pixels, int blocks) {
    return tiles(pixels, blocks).getFirst();
  }
}
