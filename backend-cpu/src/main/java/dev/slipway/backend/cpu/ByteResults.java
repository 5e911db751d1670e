package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;

/** What kernels in Java make of the scaled sums of a {@link ByteTileSpec}: epilogue and rounding of a run of them. */
final class ByteResults {
  private final ByteTileSpec spec;
  private final ScalarProgram epilogue;
  private final ByteEpilogue.Side side;

  /**
   * Where the results of a run go.
   *
   * @param step elements of the output from one to the next
   * @param constants those of {@link RoundingConstants}; ignored where results stay floats
   * @param beside the first one's side; ignored where there is none
   */
  record Target(long output, int step, long constants, long beside) {}

  ByteResults(ByteTileSpec spec) {
    this.spec = spec;
    epilogue = ScalarProgram.of(spec.epilogue().expression());
    side = spec.epilogue().side().orElse(new ByteEpilogue.Side(false, 1, 0));
  }

  /** Writes the results of {@code count} sums times their scales, offsets added; at most a block of a program. */
  void write(float[] scaled, int first, int count, Target to) {
    double[][] registers = ScalarScratch.own().registers(epilogue.registers(), ScalarProgram.BLOCK);
    epilogue.run((port, values, n) -> {
      for (int i = 0; i < n; i++) {
        values[i] = port == FusedGroup.RESULT ? scaled[first + i] : side(to.beside + (long) i * to.step * side.bytes());
      }
    }, registers, count);
    double[] results = registers[0];
    for (int i = 0; i < count; i++) {
      long at = to.output + (long) i * to.step * spec.elementBytes();
      if (spec.rounds()) {
        ChannelBytes.setByte(at, round((float) results[i], to.constants));
      } else {
        AddressSpace.set(at, (float) results[i]);
      }
    }
  }

  private double side(long address) {
    return side.isByte()
        ? ((ChannelBytes.getByte(address) & 0xff) - side.zeroPoint()) * (double) side.step()
        : AddressSpace.get(address);
  }

  private static byte round(float steps, long constants) {
    double rounded = Math.rint(steps) + zeroPoint(constants);
    return (byte) (int) Math.clamp(rounded, (double) lowest(constants), (double) highest(constants));
  }

  static int zeroPoint(long constants) {
    return AddressSpace.getShort(constants + RoundingConstants.ZERO_POINTS);
  }

  static int lowest(long constants) {
    return ChannelBytes.getByte(constants + RoundingConstants.LOWEST) & 0xff;
  }

  static int highest(long constants) {
    return ChannelBytes.getByte(constants + RoundingConstants.HIGHEST) & 0xff;
  }
}
