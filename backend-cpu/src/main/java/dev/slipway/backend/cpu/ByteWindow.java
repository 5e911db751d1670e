package dev.slipway.backend.cpu;

import java.util.Arrays;
import java.util.Optional;

/** The largest byte of each channel under the taps of a window, for neighbouring pixels of sixteen channels. */
interface ByteWindow {
  /** Computes a row; all addresses are absolute. */
  void run(long input, long output, int pixels);

  /**
   * Makes one.
   *
   * @param taps bytes from a window's first tap to each
   * @param step bytes from a pixel's window to the next one's
   * @param machine that is to run it; empty for Java
   */
  static ByteWindow of(int[] taps, int step, Optional<Isa> machine, GeneratedCode codes) {
    return machine.<ByteWindow>map(isa -> {
      String name = "byte window " + isa + " " + step + " " + Arrays.toString(taps);
      MachineCode code = codes.get(name, () -> code(taps, step, isa));
      return (input, output, pixels) -> code.run(input, output, pixels, 0, 0, 0, 0, 0);
    }).orElseGet(() -> (input, output, pixels) -> portable(taps, step, input, output, pixels));
  }

  private static byte[] code(int[] taps, int step, Isa isa) {
    Assembler code = new Assembler();
    int wide = step == ChannelBytes.BLOCK ? isa.vectorBytes() / ChannelBytes.BLOCK : 1;
    if (wide > 1) {
      pixels(code, taps, step, isa.register(0), wide);
    }
    pixels(code, taps, step, VectorRegister.xmm(0), 1);
    code.vzeroupper();
    code.ret();
    return code.code();
  }

  /** A loop while there are so many pixels left. */
  private static void pixels(Assembler code, int[] taps, int step, VectorRegister largest, int count) {
    Label end = new Label();
    Label next = code.here();
    code.cmp(Gpr.RDX, count);
    code.j(Condition.LESS, end);
    code.vmovups(largest, Address.of(Gpr.RDI, taps[0]));
    for (int i = 1; i < taps.length; i++) {
      code.vpmaxub(largest, largest, Address.of(Gpr.RDI, taps[i]));
    }
    code.vmovups(Address.of(Gpr.RSI), largest);
    code.add(Gpr.RDI, count * step);
    code.add(Gpr.RSI, count * ChannelBytes.BLOCK);
    code.sub(Gpr.RDX, count);
    code.jmp(next);
    code.bind(end);
  }

  private static void portable(int[] taps, int step, long input, long output, int pixels) {
    for (int pixel = 0; pixel < pixels; pixel++) {
      for (int channel = 0; channel < ChannelBytes.BLOCK; channel++) {
        int largest = 0;
        for (int tap : taps) {
          largest = Math.max(largest, ChannelBytes.getByte(input + (long) pixel * step + tap + channel) & 0xff);
        }
        ChannelBytes.setByte(output + (long) pixel * ChannelBytes.BLOCK + channel, (byte) largest);
      }
    }
  }
}
