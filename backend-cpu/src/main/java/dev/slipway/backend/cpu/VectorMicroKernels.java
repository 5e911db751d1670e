package dev.slipway.backend.cpu;

import java.util.List;

/** Micro-kernels as generated classes over the Vector API, on every processor that it knows. */
final class VectorMicroKernels implements MicroKernels {

  @Override
  public String name() {
    return "vector API";
  }

  @Override
  public TileKernel tile(TileSpec spec) {
    return TileKernelGenerator.kernel(spec);
  }

  @Override
  public WindowKernel window(WindowSpec spec) {
    return new VectorWindow(spec, this);
  }

  @Override
  public PointwiseKernel pointwise(PointwiseSpec spec) {
    return PointwiseKernelGenerator.kernel(spec);
  }

  @Override
  public List<TileShape> tiles(int pixels, int blocks) {
    return TileShape.candidates(pixels, blocks);
  }

  @Override
  public List<TileShape> tileChoices(int pixels, int blocks) {
    return TileShape.choices(pixels, blocks);
  }
}
