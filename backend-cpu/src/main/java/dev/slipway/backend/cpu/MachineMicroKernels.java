package dev.slipway.backend.cpu;

import java.util.List;
import java.util.Locale;

/** Micro-kernels in machine code; those that there are none for are made over the Vector API. */
final class MachineMicroKernels implements MicroKernels {
  private final Isa isa;
  private final GeneratedCode codes;
  private final MachineTiles tiles;
  private final MicroKernels portable = new VectorMicroKernels();

  MachineMicroKernels(Isa isa, GeneratedCode codes) {
    this.isa = isa;
    this.codes = codes;
    tiles = new MachineTiles(isa);
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
    return new MachineTileKernel(codes.get("tile " + spec, () -> TileCode.of(spec)));
  }

  @Override
  public WindowKernel window(WindowSpec spec) {
    boolean assembled = spec.lanes() == isa.lanes()
        && codes.answer("windows support " + spec, () -> WindowCode.supports(spec));
    return assembled ? new MachineWindow(spec, isa, codes, portable) : portable.window(spec);
  }

  @Override
  public BlendKernel blend(int taps) {
    return new MachineBlend(isa, taps, codes);
  }

  @Override
  public PointwiseKernel pointwise(PointwiseSpec spec) {
    boolean assembled =
        codes.answer("pointwise supports " + isa + " " + spec, () -> MachinePointwise.supports(isa, spec));
    return assembled ? new MachinePointwise(isa, spec, codes) : portable.pointwise(spec);
  }

  @Override
  public NormalizationKernel normalization(NormalizationSpec spec) {
    MachineCode code = codes.get("normalization " + isa + " " + spec, () -> NormalizationCode.of(isa, spec));
    return (from, to, rows, scale, bias, means, deviations) ->
        code.run(from, to, rows, scale, bias, means, deviations, 0);
  }

  @Override
  public RecurrentKernel recurrent(RecurrentSpec spec) {
    if (isa.lanes() != Memory.LANES) {
      return portable.recurrent(spec);
    }
    MachineCode code = codes.get("recurrent " + isa + " " + spec, () -> RecurrentCode.of(isa, spec));
    return (gates, weights, peepholes, before, after, state, scratch) ->
        code.run(gates, weights, peepholes, before, after, state, 0, 0);
  }

  @Override
  public MatrixMoves moves() {
    return new MachineMatrixMoves(isa, codes);
  }

  @Override
  public LaneMove laneMove(int[] sources) {
    return sources.length == isa.lanes() ? new MachineLaneMove(isa, codes, sources) : portable.laneMove(sources);
  }

  @Override
  public SoftmaxKernel softmax(SoftmaxSpec spec) {
    MachineCode code = codes.get("softmax " + isa + " " + spec, () -> SoftmaxCode.of(isa, spec));
    return (from, to, stride, length, rows) -> code.run(from, to, stride, length, rows, 0, 0, 0);
  }

  @Override
  public WinogradTransforms winograd(WinogradSpec spec) {
    boolean assembled = spec.vectorBits() == isa.vectorBits()
        && codes.answer("winograd supports " + spec, () -> WinogradCode.supports(spec));
    return assembled ? new MachineWinogradTransforms(spec, isa, codes) : portable.winograd(spec);
  }

  @Override
  public boolean fuses(Epilogue epilogue) {
    return codes.answer("tiles fuse " + isa + " " + epilogue, () -> TileCode.fuses(epilogue, isa));
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
