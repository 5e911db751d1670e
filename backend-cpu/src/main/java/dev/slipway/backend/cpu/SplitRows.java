package dev.slipway.backend.cpu;

/** Machine code that splits rows of float32 into terms: the left matrix of {@link SplitTile}. */
final class SplitRows {
  private static final Gpr FROM = Gpr.RDI;
  private static final Gpr STRIDE = Gpr.RSI;
  private static final Gpr ROWS = Gpr.RDX;
  private static final Gpr STEPS = Gpr.RCX;
  private static final Gpr TAIL = Gpr.R8;
  private static final Gpr TO = Gpr.R9;
  private static final Gpr SOURCE = Gpr.RAX;
  private static final Gpr TARGET = Gpr.R10;
  private static final Gpr COUNT = Gpr.R11;
  private static final VectorRegister X = VectorRegister.zmm(0);
  private static final VectorRegister Y = VectorRegister.zmm(1);
  private static final VectorRegister TERM_X = VectorRegister.zmm(2);
  private static final VectorRegister TERM_Y = VectorRegister.zmm(3);
  private static final VectorRegister LARGEST = VectorRegister.zmm(4);
  private static final VectorRegister HIGH_HALF = VectorRegister.zmm(5);
  private static final VectorRegister HALF_UNIT = VectorRegister.zmm(6);
  private static final VectorRegister MAGNITUDE = VectorRegister.zmm(7);
  private static final VectorRegister ODD_WORDS = VectorRegister.zmm(8);
  private static final int VECTOR_BYTES = 64;
  private static final int NOT_BELOW = 5;

  private final MachineCode code = new MachineCode(emit());

  /**
   * Splits up to {@link SplitFormat#TILE} rows.
   *
   * @param stride bytes from one row to the next
   * @param to the first row's place in the first step
   * @param extraordinary address of an integer that becomes 0 where all numbers are below {@link SplitFormat#LIMIT}
   */
  void run(long from, long stride, int rows, int depth, long to, long extraordinary) {
    int rest = depth % SplitFormat.STEP;
    long tail = (1L << rest) - 1;
    code.runBriefly(from, stride, rows, depth / SplitFormat.STEP, tail, to, extraordinary, 0);
  }

  private static byte[] emit() {
    Assembler a = new Assembler();
    Label words = new Label();
    a.vpbroadcastd(HIGH_HALF, a.literal(0xffff0000, 1));
    a.vpbroadcastd(HALF_UNIT, a.literal(0x8000, 1));
    a.vpbroadcastd(MAGNITUDE, a.literal(0x7fffffff, 1));
    a.vmovups(ODD_WORDS, Address.of(words));
    a.vpxord(LARGEST, LARGEST, LARGEST);
    a.kmovw(MaskRegister.K1, TAIL);
    a.mov(COUNT, TAIL);
    a.shr(COUNT, SplitFormat.TILE);
    a.kmovw(MaskRegister.K2, COUNT);
    Label row = a.here();
    row(a);
    a.add(FROM, STRIDE);
    a.add(TO, SplitFormat.ROW_BYTES);
    a.dec(ROWS);
    a.j(Condition.NOT_EQUAL, row);
    a.vpcmpud(MaskRegister.K3, LARGEST, a.literal(SplitFormat.LIMIT).bcst(), NOT_BELOW);
    a.mov(TARGET, Address.of(Gpr.RSP, MachineCode.ARGUMENT_6));
    a.kmovw(COUNT, MaskRegister.K3);
    a.mov32(Address.of(TARGET), COUNT);
    a.vzeroupper();
    a.ret();
    a.align(VECTOR_BYTES);
    a.bind(words);
    for (int word = 0; word < 2 * SplitFormat.TILE; word++) {
      a.emit(2 * word + 1);
      a.emit(0);
    }
    return a.code();
  }

  private static void row(Assembler a) {
    Label steps = new Label();
    Label tail = new Label();
    Label end = new Label();
    a.mov(SOURCE, FROM);
    a.mov(TARGET, TO);
    a.mov(COUNT, STEPS);
    a.test(COUNT, COUNT);
    a.j(Condition.EQUAL, tail);
    a.bind(steps);
    a.vmovups(X, Address.of(SOURCE));
    a.vmovups(Y, Address.of(SOURCE, VECTOR_BYTES));
    step(a);
    a.add(SOURCE, 2 * VECTOR_BYTES);
    a.add(TARGET, SplitFormat.STEP_BYTES);
    a.dec(COUNT);
    a.j(Condition.NOT_EQUAL, steps);
    a.bind(tail);
    a.test(TAIL, TAIL);
    a.j(Condition.EQUAL, end);
    a.vmovups(X.zeroed(MaskRegister.K1), Address.of(SOURCE));
    a.vmovups(Y.zeroed(MaskRegister.K2), Address.of(SOURCE, VECTOR_BYTES));
    step(a);
    a.bind(end);
  }

  /** Splits 32 numbers. */
  private static void step(Assembler a) {
    a.vpandd(TERM_X, X, MAGNITUDE);
    a.vpandd(TERM_Y, Y, MAGNITUDE);
    a.vpmaxud(LARGEST, LARGEST, TERM_X);
    a.vpmaxud(LARGEST, LARGEST, TERM_Y);
    for (int term = 0; term < SplitFormat.TERMS - 1; term++) {
      a.vpaddd(TERM_X, X, HALF_UNIT);
      a.vpaddd(TERM_Y, Y, HALF_UNIT);
      a.vpandd(TERM_X, TERM_X, HIGH_HALF);
      a.vpandd(TERM_Y, TERM_Y, HIGH_HALF);
      a.vsubps(X, X, TERM_X);
      a.vsubps(Y, Y, TERM_Y);
      a.vpermt2w(TERM_X, ODD_WORDS, TERM_Y);
      a.vmovups(Address.of(TARGET, term * SplitFormat.TERM_BYTES), TERM_X);
    }
    a.vpermt2w(X, ODD_WORDS, Y);
    a.vmovups(Address.of(TARGET, (SplitFormat.TERMS - 1) * SplitFormat.TERM_BYTES), X);
  }
}
