package dev.slipway.backend.cpu;

import java.util.List;

/** Micro-kernels as generated classes over the Vector API, on every processor that it knows. */
final class VectorMicroKernels implements MicroKernels {
  private static final int MAX_PARTIAL_PIXELS = 4;

  /** Multiply-adds of vectors, as measured. */
  private static final double FMAS_PER_MICRO = 3000;

  @Override
  public String name() {
    return "vector API";
  }

  @Override
  public boolean warmUp() {
    return true;
  }

  @Override
  public TileKernel tile(TileSpec spec) {
    return VectorTileKernel.of(spec);
  }

  @Override
  public WindowKernel window(WindowSpec spec) {
    return spec.isPlaneMean() ? new VectorPlaneMean(spec, this) : new VectorWindow(spec, this);
  }

  @Override
  public BlendKernel blend(int taps) {
    return new VectorBlend(taps);
  }

  @Override
  public PointwiseKernel pointwise(PointwiseSpec spec) {
    return PointwiseKernelGenerator.kernel(spec);
  }

  @Override
  public NormalizationKernel normalization(NormalizationSpec spec) {
    return new VectorNormalization(spec);
  }

  @Override
  public RecurrentKernel recurrent(RecurrentSpec spec) {
    return new VectorRecurrent(spec, new VectorFunctions(this));
  }

  @Override
  public MatrixMoves moves() {
    return new VectorMatrixMoves();
  }

  @Override
  public LaneMove laneMove(int[] sources) {
    return new VectorLaneMove(sources);
  }

  @Override
  public SoftmaxKernel softmax(SoftmaxSpec spec) {
    return new VectorSoftmax(spec, new VectorFunctions(this));
  }

  @Override
  public boolean fuses(Epilogue epilogue) {
    return epilogue.inline();
  }

  @Override
  public WinogradTransforms winograd(WinogradSpec spec) {
    return new VectorWinogradTransforms(spec);
  }

  @Override
  public List<TileShape> tiles(TileGrid grid) {
    return VectorTiles.all(grid);
  }

  @Override
  public List<TileShape> tileChoices(TileGrid grid) {
    return VectorTiles.choices(grid);
  }

  @Override
  public double micros(TileGrid grid) {
    return (double) grid.rows() * grid.pixels() * grid.blocks() * grid.steps() / FMAS_PER_MICRO;
  }

  /** The tile itself: a smaller one would be a further class to compile. */
  @Override
  public TileShape remainder(TileShape tile, int pixels) {
    return tile;
  }

  /** C1 cannot compile many masked stores, see {@link KernelClasses}. */
  @Override
  public TileShape partial(TileShape tile) {
    return new TileShape(Math.min(tile.pixels(), MAX_PARTIAL_PIXELS), tile.blocks());
  }
}
