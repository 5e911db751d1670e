package dev.slipway.backend.cpu;

import java.util.List;
import java.util.stream.IntStream;

/** Machine code that splits float32 into terms, 32 neighbours at a time: operands of {@link SplitTile}. */
final class Splitter {
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

  private final MachineCode code;

  private Splitter(int rowStride, int stepStride, int halfStride, int termStride) {
    code = new MachineCode(emit(rowStride, stepStride, halfStride, termStride));
  }

  /** For rows of a left matrix, which go through the steps. */
  static Splitter ofRows() {
    return new Splitter(SplitFormat.ROW_BYTES, SplitFormat.STEP_BYTES, VECTOR_BYTES, SplitFormat.TERM_BYTES);
  }

  /** For steps of a right matrix, each a row here, with the elements in the order of their first terms. */
  static Splitter ofSteps() {
    return new Splitter(SplitFormat.STEP_BYTES, SplitFormat.ROW_BYTES, VECTOR_BYTES, SplitFormat.TERM_BYTES);
  }

  /**
   * For pixels in NCHW[16], each a row here: two blocks of channels, or the first alone.
   *
   * @param blockBytes bytes from one block of channels to the next
   * @param termBytes bytes from one term to the next
   */
  static Splitter ofPixels(int blockBytes, int termBytes) {
    return new Splitter(SplitFormat.ROW_BYTES, SplitFormat.ROW_BYTES, blockBytes, termBytes);
  }

  /**
   * Splits some rows.
   *
   * @param stride bytes from one row to the next
   * @param length elements of a row
   * @param extraordinary address of an integer that becomes 0 where all numbers are below {@link SplitFormat#LIMIT}
   */
  void run(long from, long stride, int rows, int length, long to, long extraordinary) {
    int rest = length % SplitFormat.STEP;
    long tail = (1L << rest) - 1;
    code.runBriefly(from, stride, rows, length / SplitFormat.STEP, tail, to, extraordinary, 0);
  }

  private static byte[] emit(int rowStride, int stepStride, int halfStride, int termStride) {
    Assembler a = new Assembler();
    a.vpbroadcastd(HIGH_HALF, a.literals(List.of(0xffff0000)));
    a.vpbroadcastd(HALF_UNIT, a.literals(List.of(0x8000)));
    a.vpbroadcastd(MAGNITUDE, a.literals(List.of(0x7fffffff)));
    a.vmovups(ODD_WORDS, a.literals(oddWords()));
    a.vpxord(LARGEST, LARGEST, LARGEST);
    a.kmovw(MaskRegister.K1, TAIL);
    a.mov(COUNT, TAIL);
    a.shr(COUNT, SplitFormat.TILE);
    a.kmovw(MaskRegister.K2, COUNT);
    Label row = a.here();
    row(a, stepStride, halfStride, termStride);
    a.add(FROM, STRIDE);
    a.add(TO, rowStride);
    a.dec(ROWS);
    a.j(Condition.NOT_EQUAL, row);
    a.vpcmpud(MaskRegister.K3, LARGEST, a.literal(SplitFormat.LIMIT).bcst(), NOT_BELOW);
    a.mov(TARGET, Address.of(Gpr.RSP, MachineCode.ARGUMENT_6));
    a.kmovw(COUNT, MaskRegister.K3);
    a.mov32(Address.of(TARGET), COUNT);
    a.vzeroupper();
    a.ret();
    return a.code();
  }

  /** Pairs of the numbers of the high halves of two vectors. */
  private static List<Integer> oddWords() {
    return IntStream.range(0, SplitFormat.TILE).mapToObj(i -> 4 * i + 1 | 4 * i + 3 << Short.SIZE).toList();
  }

  private static void row(Assembler a, int stepStride, int halfStride, int termStride) {
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
    a.vmovups(Y, Address.of(SOURCE, halfStride));
    step(a, termStride);
    a.add(SOURCE, 2 * VECTOR_BYTES);
    a.add(TARGET, stepStride);
    a.dec(COUNT);
    a.j(Condition.NOT_EQUAL, steps);
    a.bind(tail);
    a.test(TAIL, TAIL);
    a.j(Condition.EQUAL, end);
    a.vmovups(X.zeroed(MaskRegister.K1), Address.of(SOURCE));
    a.vmovups(Y.zeroed(MaskRegister.K2), Address.of(SOURCE, halfStride));
    step(a, termStride);
    a.bind(end);
  }

  /** Splits 32 numbers. */
  private static void step(Assembler a, int termStride) {
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
      a.vmovups(Address.of(TARGET, term * termStride), TERM_X);
    }
    a.vpermt2w(X, ODD_WORDS, Y);
    a.vmovups(Address.of(TARGET, (SplitFormat.TERMS - 1) * termStride), X);
  }
}
