package dev.slipway.backend.cpu;

/** A {@link TileKernel} in machine code. */
record MachineTileKernel(MachineCode code) implements TileKernel {

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
    code.run(input, segments, weights, bias, output, side0, side1, extent(tiles, rows));
  }

  /** The last argument of {@link TileCode}. */
  static long extent(int tiles, int rows) {
    return (long) rows << Integer.SIZE | tiles;
  }
}
