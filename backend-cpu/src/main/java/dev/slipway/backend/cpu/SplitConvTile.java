package dev.slipway.backend.cpu;

/**
 * Machine code for AMX that multiplies pixels of a {@link SplitImage} with columns of weights, both split into terms. A
 * step reads its pixels wherever its tap finds them, so that no pixel is copied for each tap. Results are in
 * NCHW[16].
 */
final class SplitConvTile {
  private static final Gpr LEFT = Gpr.RDI;
  private static final Gpr RIGHT = Gpr.RSI;
  private static final Gpr OUTPUT = Gpr.RDX;
  private static final Gpr OFFSETS = Gpr.RCX;
  private static final Gpr STEPS = Gpr.R8;
  private static final Gpr BLOCKS = Gpr.R9;
  private static final Gpr BIAS = Gpr.R11;
  private static final Gpr LEFT_STEP = Gpr.RAX;
  private static final Gpr RIGHT_STEP = Gpr.R10;
  private static final Gpr COUNT = Gpr.R12;
  private static final Gpr OFFSET = Gpr.R13;
  private static final Gpr ROW = Gpr.RBX;
  private static final Gpr NONE = Gpr.RBP;
  private static final Gpr[] SAVED = {Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13};
  private static final int RESULTS = 4;
  private static final int RESULT_BLOCK_BYTES = SplitFormat.BLOCK * SplitFormat.ROW_BYTES;

  private final MachineCode code;

  /**
   * @param blockBytes bytes from one block of pixels of the image to the next
   * @param termBytes bytes from one term of the image to the next
   * @param planeBytes bytes from one block of channels of the results to the next
   */
  SplitConvTile(int blockBytes, int termBytes, int planeBytes) {
    MatrixUnit.require();
    code = new MachineCode(emit(blockBytes, termBytes, planeBytes));
  }

  /**
   * Computes 32 channels of some pixels.
   *
   * @param left the first pixel in the split image
   * @param right split columns, {@code steps} steps
   * @param output the results, where pixels follow each other
   * @param offsets for each step a 64-bit number: the bytes from a pixel to what the step reads for it
   * @param blocks blocks of {@link SplitFormat#BLOCK} pixels, 1 at least
   * @param bias address of 32 elements where the sums start; 0 where they start at the output
   */
  void run(long left, long right, long output, long offsets, int steps, int blocks, long bias) {
    code.run(left, right, output, offsets, steps, blocks, bias, 0);
  }

  private static byte[] emit(int blockBytes, int termBytes, int planeBytes) {
    Assembler a = new Assembler();
    Label configuration = new Label();
    a.mov(BIAS, Address.of(Gpr.RSP, MachineCode.ARGUMENT_6));
    for (Gpr register : SAVED) {
      a.push(register);
    }
    a.ldtilecfg(Address.of(configuration));
    a.mov(ROW, SplitFormat.ROW_BYTES);
    Label block = a.here();
    start(a, planeBytes);
    a.mov(RIGHT_STEP, RIGHT);
    a.mov(OFFSET, OFFSETS);
    a.mov(COUNT, STEPS);
    Label step = a.here();
    a.mov(LEFT_STEP, Address.of(OFFSET));
    a.add(LEFT_STEP, LEFT);
    SplitTile.products(a, LEFT_STEP, termBytes, RIGHT_STEP, ROW, _ -> {});
    a.add(OFFSET, Long.BYTES);
    a.add(RIGHT_STEP, SplitFormat.STEP_BYTES);
    a.dec(COUNT);
    a.j(Condition.NOT_EQUAL, step);
    for (int tile = 0; tile < RESULTS; tile++) {
      a.tilestored(result(tile, planeBytes), new TileRegister(tile));
    }
    a.add(LEFT, blockBytes);
    a.add(OUTPUT, RESULT_BLOCK_BYTES);
    a.dec(BLOCKS);
    a.j(Condition.NOT_EQUAL, block);
    a.tilerelease();
    for (int i = SAVED.length - 1; i >= 0; i--) {
      a.pop(SAVED[i]);
    }
    a.ret();
    a.align(AddressSpace.ALIGNMENT);
    a.bind(configuration);
    SplitTile.configuration(a);
    return a.code();
  }

  /** Starts the sums: the same row of biases for all pixels, or the results of the steps before. */
  private static void start(Assembler a, int planeBytes) {
    Label sums = new Label();
    Label begin = new Label();
    a.test(BIAS, BIAS);
    a.j(Condition.EQUAL, sums);
    a.zero(NONE);
    for (int tile = 0; tile < RESULTS; tile++) {
      a.tileloadd(new TileRegister(tile), Address.of(BIAS, NONE, 1, tile % 2 * SplitFormat.ROW_BYTES));
    }
    a.jmp(begin);
    a.bind(sums);
    for (int tile = 0; tile < RESULTS; tile++) {
      a.tileloadd(new TileRegister(tile), result(tile, planeBytes));
    }
    a.bind(begin);
  }

  private static Address result(int tile, int planeBytes) {
    return Address.of(OUTPUT, ROW, 1, tile / 2 * SplitFormat.TILE_BYTES + tile % 2 * planeBytes);
  }
}
