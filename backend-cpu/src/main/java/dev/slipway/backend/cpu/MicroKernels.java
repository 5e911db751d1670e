package dev.slipway.backend.cpu;

import java.util.List;

/**
 * Makes the micro-kernels that loop nests call. A kernel may be shared by all that ask for the same specification.
 * Thread-safe.
 */
interface MicroKernels {
  /** How the kernels are made, for the fingerprint of a device: plans that were tuned with others do not fit. */
  String name();

  /** Whether kernels get fast only once the virtual machine has compiled them. */
  boolean warmUp();

  /** Takes epilogues that {@link #fuses} says. */
  TileKernel tile(TileSpec spec);

  WindowKernel window(WindowSpec spec);

  PointwiseKernel pointwise(PointwiseSpec spec);

  /** Takes up to {@link BlendKernel#MAX_TAPS} taps. */
  BlendKernel blend(int taps);

  SoftmaxKernel softmax(SoftmaxSpec spec);

  NormalizationKernel normalization(NormalizationSpec spec);

  RecurrentKernel recurrent(RecurrentSpec spec);

  MatrixMoves moves();

  /** Of vectors of {@link Memory#LANES}; for each lane of the target that of the source, or NOT_TAKEN. */
  LaneMove laneMove(int[] sources);

  /** Takes epilogues that are {@link Epilogue#inline}. */
  WinogradTransforms winograd(WinogradSpec spec);

  /** Whether a tile kernel computes an epilogue itself; where not, an {@link EpiloguePass} follows. */
  boolean fuses(Epilogue epilogue);

  /** The register tiles that {@link #tile} makes for a grid, best predicted first; at least one. */
  List<TileShape> tiles(TileGrid grid);
  /** Those of {@link #tiles} that are worth measuring, best predicted first. */
  List<TileShape> tileChoices(TileGrid grid);

  /** The predicted time of the best tile for a grid, on one thread. */
  double micros(TileGrid grid);

  /** The tile for the last pixels of a row: so many as are left, or more, which then overlap those before. */
  TileShape remainder(TileShape tile, int pixels);

  /** The tile where the last vector is partial. */
  default TileShape partial(TileShape tile) {
    return tile;
  }

  /** The tile that is predicted best for one row of pixels. */
  default TileShape bestTile(int pixels, int blocks) {
    return bestTile(new TileGrid(1, pixels, blocks, 256));
  }

  /** The tile that is predicted best. */
  default TileShape bestTile(TileGrid grid) {
    return tiles(grid).getFirst();
  }
}
