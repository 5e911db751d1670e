package dev.slipway.backend.cpu;

import java.util.Arrays;
import java.util.OptionalDouble;

/** What one core reaches in a loop of independent multiply-adds on registers: the bound of every float32 kernel. */
final class PeakRate {
  /** More than two units of a latency of four cycles need. */
  private static final int CHAINS = 12;
  private static final int UNROLL = 4;
  private static final long ROUNDS = 20_000;
  private static final int SAMPLES = 101;

  private PeakRate() {}

  /** Floating-point operations a second, the median of some samples; empty where no machine code runs. */
  static OptionalDouble measure() {
    return Isa.best().map(PeakRate::measure).map(OptionalDouble::of).orElseGet(OptionalDouble::empty);
  }

  private static double measure(Isa isa) {
    MachineCode loop = loop(isa);
    double flops = 2.0 * isa.lanes() * CHAINS * UNROLL * ROUNDS;
    double[] rates = new double[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      long start = System.nanoTime();
      loop.run(ROUNDS, 0, 0, 0, 0, 0, 0, 0);
      rates[i] = flops * 1e9 / (System.nanoTime() - start);
    }
    Arrays.sort(rates);
    return rates[SAMPLES / 2];
  }

  private static MachineCode loop(Isa isa) {
    Assembler code = new Assembler();
    for (int i = 0; i < CHAINS; i++) {
      code.vxorps(isa.register(i), isa.register(i), isa.register(i));
    }
    VectorRegister factor = isa.register(CHAINS);
    code.vxorps(factor, factor, factor);
    Label round = code.here();
    for (int i = 0; i < CHAINS * UNROLL; i++) {
      code.vfmadd231ps(isa.register(i % CHAINS), factor, factor);
    }
    code.dec(Gpr.RDI);
    code.j(Condition.NOT_EQUAL, round);
    code.vzeroupper();
    code.ret();
    return new MachineCode(code.code());
  }
}
