package dev.slipway.backend.cpu;

import java.util.function.IntConsumer;

/**
 * Machine code for AMX that multiplies {@link SplitFormat#BLOCK} rows at a time with as many columns, both split into
 * terms. Two by two tiles hold the results; the products of terms come in an order in which each tile is loaded once or
 * twice.
 */
final class SplitTile {
  private static final Gpr LEFT = Gpr.RDI;
  private static final Gpr RIGHT = Gpr.RSI;
  private static final Gpr OUTPUT = Gpr.RDX;
  private static final Gpr OUTPUT_STRIDE = Gpr.RCX;
  private static final Gpr STEPS = Gpr.R8;
  private static final Gpr BLOCKS = Gpr.R9;
  private static final Gpr BIAS = Gpr.R11;
  private static final Gpr LEFT_STEP = Gpr.RAX;
  private static final Gpr RIGHT_STEP = Gpr.R12;
  private static final Gpr COUNT = Gpr.R13;
  private static final Gpr AHEAD = Gpr.R10;
  private static final Gpr LOWER_OUTPUT = Gpr.R14;
  private static final Gpr ROW = Gpr.RBX;
  private static final Gpr SPARE = Gpr.RBP;
  private static final Gpr[] SAVED = {Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14};
  private static final int LINE = 64;
  private static final int TILES = 8;
  private static final int FIRST_LEFT = 4;
  private static final int FIRST_RIGHT = 6;

  private final MachineCode code;

  /**
   * @param leftStride bytes from one block of rows to the next
   * @param prefetches lines that each step fetches ahead
   */
  SplitTile(int leftStride, int prefetches) {
    MatrixUnit.require();
    code = new MachineCode(emit(leftStride, prefetches));
  }

  /**
   * Multiplies; the results follow each other in rows.
   *
   * @param left split rows, {@code steps} steps of each block
   * @param right split columns, {@code steps} steps
   * @param outputStride bytes from one row of the output to the next
   * @param blocks blocks of rows, 1 at least
   * @param ahead address from which on to fetch what comes next
   * @param bias address of an element for each column, where the sums start; 0 where they start at the output
   */
  void run(long left, long right, long output, long outputStride, int steps, int blocks, long ahead, long bias) {
    code.runBriefly(left, right, output, outputStride, steps, blocks, ahead, bias);
  }

  private static byte[] emit(int leftStride, int prefetches) {
    Assembler a = new Assembler();
    Label configuration = new Label();
    a.mov(AHEAD, Address.of(Gpr.RSP, MachineCode.ARGUMENT_6));
    a.mov(BIAS, Address.of(Gpr.RSP, MachineCode.ARGUMENT_7));
    for (Gpr register : SAVED) {
      a.push(register);
    }
    a.ldtilecfg(Address.of(configuration));
    a.mov(ROW, SplitFormat.ROW_BYTES);
    Label block = a.here();
    start(a);
    a.mov(LEFT_STEP, LEFT);
    a.mov(RIGHT_STEP, RIGHT);
    a.mov(COUNT, STEPS);
    Label step = a.here();
    step(a, prefetches);
    a.add(LEFT_STEP, SplitFormat.STEP_BYTES);
    a.add(RIGHT_STEP, SplitFormat.STEP_BYTES);
    a.dec(COUNT);
    a.j(Condition.NOT_EQUAL, step);
    finish(a, leftStride);
    a.dec(BLOCKS);
    a.j(Condition.NOT_EQUAL, block);
    a.tilerelease();
    for (int i = SAVED.length - 1; i >= 0; i--) {
      a.pop(SAVED[i]);
    }
    a.ret();
    a.align(LINE);
    a.bind(configuration);
    configuration(a);
    return a.code();
  }

  /** Emits the 64 bytes that set up all tiles: 16 rows of 64 bytes. */
  static void configuration(Assembler a) {
    int palette = 1;
    int columnBytes = 16;
    int rows = 48;
    int[] bytes = new int[LINE];
    bytes[0] = palette;
    for (int tile = 0; tile < TILES; tile++) {
      bytes[columnBytes + 2 * tile] = SplitFormat.ROW_BYTES;
      bytes[rows + tile] = SplitFormat.TILE;
    }
    for (int value : bytes) {
      a.emit(value);
    }
  }

  private static void start(Assembler a) {
    Label sums = new Label();
    Label begin = new Label();
    a.mov(LOWER_OUTPUT, OUTPUT_STRIDE);
    a.shl(LOWER_OUTPUT, 4);
    a.add(LOWER_OUTPUT, OUTPUT);
    a.test(BIAS, BIAS);
    a.j(Condition.EQUAL, sums);
    a.zero(SPARE);
    for (int tile = 0; tile < FIRST_LEFT; tile++) {
      a.tileloadd(new TileRegister(tile), Address.of(BIAS, SPARE, 1, tile % 2 * SplitFormat.ROW_BYTES));
    }
    a.jmp(begin);
    a.bind(sums);
    for (int tile = 0; tile < FIRST_LEFT; tile++) {
      a.tileloadd(new TileRegister(tile), result(tile));
    }
    a.bind(begin);
  }

  private static void finish(Assembler a, int leftStride) {
    for (int tile = 0; tile < FIRST_LEFT; tile++) {
      a.tilestored(result(tile), new TileRegister(tile));
    }
    a.add(LEFT, leftStride);
    a.mov(SPARE, OUTPUT_STRIDE);
    a.shl(SPARE, 5);
    a.add(OUTPUT, SPARE);
  }

  private static Address result(int tile) {
    return Address.of(tile < 2 ? OUTPUT : LOWER_OUTPUT, OUTPUT_STRIDE, 1, tile % 2 * SplitFormat.ROW_BYTES);
  }

  private static void step(Assembler a, int prefetches) {
    int[] fetched = {0};
    products(a, LEFT_STEP, SplitFormat.TERM_BYTES, RIGHT_STEP, ROW, done -> {
      for (; fetched[0] < prefetches * done / SplitFormat.PRODUCTS; fetched[0]++) {
        a.prefetcht1(Address.of(AHEAD, fetched[0] * LINE));
      }
    });
    if (prefetches > 0) {
      a.add(AHEAD, prefetches * LINE);
    }
  }

  /**
   * Emits one step: the products of terms, neighbours having one of them in common, added to tiles 0 to 3.
   *
   * @param left address of two tiles of rows
   * @param leftTermBytes bytes from one of their terms to the next
   * @param right address of a step of columns
   * @param rowBytes a register with the bytes from one row of a tile to the next
   * @param between emits what is to go on meanwhile, given how many products are done
   */
  static void products(Assembler a, Gpr left, int leftTermBytes, Gpr right, Gpr rowBytes, IntConsumer between) {
    int[] lefts = {2, 1, 1, 0, 0, 0};
    int[] rights = {0, 0, 1, 1, 2, 0};
    for (int i = 0; i < SplitFormat.PRODUCTS; i++) {
      if (i == 0 || lefts[i] != lefts[i - 1]) {
        load(a, FIRST_LEFT, left, lefts[i] * leftTermBytes, rowBytes);
      }
      if (i == 0 || rights[i] != rights[i - 1]) {
        load(a, FIRST_RIGHT, right, rights[i] * SplitFormat.TERM_BYTES, rowBytes);
      }
      for (int tile = 0; tile < FIRST_LEFT; tile++) {
        a.tdpbf16ps(
            new TileRegister(tile),
            new TileRegister(FIRST_LEFT + tile / 2),
            new TileRegister(FIRST_RIGHT + tile % 2));
      }
      between.accept(i + 1);
    }
  }

  private static void load(Assembler a, int tile, Gpr from, int displacement, Gpr rowBytes) {
    a.tileloadd(new TileRegister(tile), Address.of(from, rowBytes, 1, displacement));
    a.tileloadd(new TileRegister(tile + 1), Address.of(from, rowBytes, 1, displacement + SplitFormat.TILE_BYTES));
  }
}
