package dev.slipway.backend.cpu;

import java.util.List;
import java.util.Locale;

/** Micro-kernels in machine code; those that there are none for are made over the Vector API. */
final class MachineMicroKernels implements MicroKernels {
  private final Isa isa;
  private final MicroKernels portable = new VectorMicroKernels();

  MachineMicroKernels(Isa isa) {
    this.isa = isa;
  }

  @Override
  public String name() {
    return "machine code for " + isa.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public TileKernel tile(TileSpec spec) {
    return portable.tile(spec);
  }

  @Override
  public WindowKernel window(WindowSpec spec) {
    boolean assembled = spec.lanes() == isa.lanes() && WindowCode.supports(spec);
    return assembled ? new MachineWindow(spec, isa, portable) : portable.window(spec);
  }

  @Override
  public PointwiseKernel pointwise(PointwiseSpec spec) {
    return portable.pointwise(spec);
  }

  @Override
  public WinogradTransforms winograd(WinogradSpec spec) {
    return portable.winograd(spec);
  }

  @Override
  public boolean fuses(Epilogue epilogue) {
    return portable.fuses(epilogue);
  }

  @Override
  public List<TileShape> tiles(TileGrid grid) {
    return portable.tiles(grid);
  }

  @Override
  public List<TileShape> tileChoices(TileGrid grid) {
    return portable.tileChoices(grid);
  }

  @Override
  public TileShape remainder(TileShape tile, int pixels) {
    return portable.remainder(tile, pixels);
  }

  @Override
  public TileShape partial(TileShape tile) {
    return portable.partial(tile);
  }
}
