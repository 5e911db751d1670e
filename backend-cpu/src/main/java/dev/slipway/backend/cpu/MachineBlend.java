package dev.slipway.backend.cpu;

/** A {@link BlendKernel} in machine code. */
final class MachineBlend implements BlendKernel {
  private static final Gpr INPUT = Gpr.RDI;
  private static final Gpr TABLE = Gpr.RSI;
  private static final Gpr OUTPUT = Gpr.RDX;
  private static final Gpr COUNT = Gpr.RCX;
  private static final Gpr BYTES = Gpr.R8;

  /** Bytes of whole vectors. */
  private static final Gpr VECTORS = Gpr.R9;

  private static final Gpr AT = Gpr.RAX;
  private static final Gpr[] RUNS = {
    Gpr.R10, Gpr.R11, Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15
  };

  /** Runs before this one are in registers that a function need not keep. */
  private static final int FIRST_SAVED = 2;

  private final MachineCode code;

  /**
   * @param taps of each sum, at most {@link #MAX_TAPS}
   */
  MachineBlend(Isa isa, int taps, GeneratedCode codes) {
    code = codes.get("blend " + isa + " " + taps, () -> new Emission(isa, taps).code());
  }

  @Override
  public void run(long input, long table, long output, int count, int length) {
    if (count > 0 && length > 0) {
      code.run(input, table, output, count, (long) length * Float.BYTES, 0, 0, 0);
    }
  }

  /** A loop over whole vectors and one over the single elements behind them, for each sum. */
  private static final class Emission {
    private final Assembler asm = new Assembler();
    private final Isa isa;
    private final int taps;

    Emission(Isa isa, int taps) {
      this.isa = isa;
      this.taps = taps;
    }

    byte[] code() {
      for (int tap = FIRST_SAVED; tap < taps; tap++) {
        asm.push(RUNS[tap]);
      }
      asm.mov(VECTORS, BYTES);
      asm.and(VECTORS, -isa.vectorBytes());
      Label top = asm.here();
      for (int tap = 0; tap < taps; tap++) {
        asm.movsxd(RUNS[tap], Address.of(TABLE, tap * TAP_BYTES));
        asm.add(RUNS[tap], INPUT);
        asm.vbroadcastss(weight(tap), Address.of(TABLE, tap * TAP_BYTES + Integer.BYTES));
      }
      asm.zero(AT);
      loop(VECTORS, isa.vectorBytes(), this::vectors);
      loop(BYTES, Float.BYTES, this::single);
      asm.add(OUTPUT, BYTES);
      asm.add(TABLE, taps * TAP_BYTES);
      asm.sub(COUNT, 1);
      asm.j(Condition.NOT_EQUAL, top);
      for (int tap = taps - 1; tap >= FIRST_SAVED; tap--) {
        asm.pop(RUNS[tap]);
      }
      asm.vzeroupper();
      asm.ret();
      return asm.code();
    }

    private void loop(Gpr end, int step, Runnable body) {
      Label done = new Label();
      Label next = asm.here();
      asm.cmp(AT, end);
      asm.j(Condition.GREATER_OR_EQUAL, done);
      body.run();
      asm.add(AT, step);
      asm.jmp(next);
      asm.bind(done);
    }

    private void vectors() {
      VectorRegister sum = isa.register(0);
      asm.vmulps(sum, weight(0), run(0));
      for (int tap = 1; tap < taps; tap++) {
        asm.vfmadd231ps(sum, weight(tap), run(tap));
      }
      asm.vmovups(Address.of(OUTPUT, AT, 1, 0), sum);
    }

    private void single() {
      VectorRegister sum = VectorRegister.xmm(0);
      asm.vmovss(sum, run(0));
      asm.vmulss(sum, sum, weight(0).withBits(128));
      for (int tap = 1; tap < taps; tap++) {
        asm.vfmadd231ss(sum, weight(tap).withBits(128), run(tap));
      }
      asm.vmovss(Address.of(OUTPUT, AT, 1, 0), sum);
    }

    private VectorRegister weight(int tap) {
      return isa.register(1 + tap);
    }

    private static Address run(int tap) {
      return Address.of(RUNS[tap], AT, 1, 0);
    }
  }
}
