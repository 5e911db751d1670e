package dev.slipway.backend.cpu;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Micro-kernels in machine code; those that there are none for are made over the Vector API. */
final class MachineMicroKernels implements MicroKernels {
  private final Isa isa;
  private final MachineTiles tiles;
  private final MatrixMoves moves;
  private final MicroKernels portable = new VectorMicroKernels();
  private final Map<TileSpec, TileKernel> tileKernels = new ConcurrentHashMap<>();
  private final Map<SoftmaxSpec, SoftmaxKernel> softmaxKernels = new ConcurrentHashMap<>();
  private final Map<NormalizationSpec, NormalizationKernel> normalizationKernels = new ConcurrentHashMap<>();

  MachineMicroKernels(Isa isa) {
    this.isa = isa;
    tiles = new MachineTiles(isa);
    moves = new MachineMatrixMoves(isa);
  }

  @Override
  public String name() {
    return "machine code for " + isa.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public boolean warmUp() {
    return false;
  }

  @Override
  public TileKernel tile(TileSpec spec) {
    return tileKernels.computeIfAbsent(spec, MachineTileKernel::of);
  }

  @Override
  public WindowKernel window(WindowSpec spec) {
    boolean assembled = spec.lanes() == isa.lanes() && WindowCode.supports(spec);
    return assembled ? new MachineWindow(spec, isa, portable) : portable.window(spec);
  }

  @Override
  public BlendKernel blend(int taps) {
    return new MachineBlend(isa, taps);
  }

  @Override
  public PointwiseKernel pointwise(PointwiseSpec spec) {
    return MachinePointwise.supports(isa, spec) ? MachinePointwise.kernel(isa, spec) : portable.pointwise(spec);
  }

  @Override
  public NormalizationKernel normalization(NormalizationSpec spec) {
    return normalizationKernels.computeIfAbsent(spec, made -> NormalizationCode.kernel(isa, made));
  }

  @Override
  public RecurrentKernel recurrent(RecurrentSpec spec) {
    return isa.lanes() == Memory.LANES ? RecurrentCode.kernel(isa, spec) : portable.recurrent(spec);
  }

  @Override
  public MatrixMoves moves() {
    return moves;
  }

  @Override
  public LaneMove laneMove(int[] sources) {
    return sources.length == isa.lanes() ? MachineLaneMove.of(isa, sources) : portable.laneMove(sources);
  }

  @Override
  public SoftmaxKernel softmax(SoftmaxSpec spec) {
    return softmaxKernels.computeIfAbsent(spec, made -> SoftmaxCode.kernel(isa, made));
  }

  @Override
  public WinogradTransforms winograd(WinogradSpec spec) {
    boolean assembled = spec.vectorBits() == isa.vectorBits() && WinogradCode.supports(spec);
    return assembled ? new MachineWinogradTransforms(spec, isa) : portable.winograd(spec);
  }

  @Override
  public boolean fuses(Epilogue epilogue) {
    return TileCode.fuses(epilogue, isa);
  }

  @Override
  public List<TileShape> tiles(TileGrid grid) {
    return tiles.all(grid);
  }

  @Override
  public List<TileShape> tileChoices(TileGrid grid) {
    return tiles.choices(grid);
  }

  @Override
  public double micros(TileGrid grid) {
    return tiles.micros(grid);
  }

  /** A tile of exactly the pixels that are left. */
  @Override
  public TileShape remainder(TileShape tile, int pixels) {
    return new TileShape(tile.rows(), pixels, tile.blocks());
  }
}
