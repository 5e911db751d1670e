package dev.slipway.backend.cpu;

/** The transforms in machine code: one call for all blocks of channels of a strip. */
final class MachineWinogradTransforms implements WinogradTransforms {
  private final WinogradSpec spec;
  private final MachineCode input;
  private final MachineCode output;

  MachineWinogradTransforms(WinogradSpec spec, Isa isa, GeneratedCode codes) {
    this.spec = spec;
    input = codes.get("winograd input " + isa + " " + spec, () -> WinogradCode.input(spec, isa));
    output = codes.get("winograd output " + isa + " " + spec, () -> WinogradCode.output(spec, isa));
  }

  @Override
  public void input(long rows, int before, int columns, int tiles, long to, int blocks, long scratch) {
    int after = tiles * spec.algorithm().outputs() + Winograd.TAPS - 1 - before - columns;
    int bytes = spec.vectorBytes();
    input.run(
        rows, (long) before * bytes, (long) columns * bytes, (long) after * bytes, tiles, to, blocks, scratch);
  }

  @Override
  public void output(long from, int tiles, long bias, long rows, int blocks, long scratch) {
    output.run(rows, from, scratch, bias, tiles, blocks, 0, 0);
  }
}
