package dev.slipway.backend.cpu;

/** A {@link TileKernel} in machine code. */
record MachineTileKernel(MachineCode code) implements TileKernel {

  static MachineTileKernel of(TileSpec spec) {
    return new MachineTileKernel(new MachineCode(TileCode.of(spec)));
  }

  @Override
  public void run(
      long input,
      long segments,
      long weights,
      long bias,
      long output,
      long side0,
      long side1,
      long side2,
      int tiles,
      int rows) {
    code.run(input, segments, weights, bias, output, side0, side1, TileCode.extent(tiles, rows));
  }
}
