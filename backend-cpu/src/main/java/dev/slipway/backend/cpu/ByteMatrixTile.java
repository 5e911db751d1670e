package dev.slipway.backend.cpu;

/**
 * Machine code for AMX that multiplies up to {@link #ROWS} rows of unsigned bytes with one or two blocks of sixteen
 * columns of signed ones, which lie as {@link ByteWeights} has them: a tile of them is sixteen steps. Two by two tiles
 * hold the sums.
 */
final class ByteMatrixTile {
  static final int ROWS = 32;

  /** Bytes of a row that are multiplied at once. */
  static final int DEPTH = 64;

  private static final int TILE_ROWS = 16;
  private static final int TILES = 8;
  private static final int FIRST_LEFT = 4;
  private static final int FIRST_RIGHT = 6;
  private static final int COLUMN_BYTES = 16;
  private static final int ROW_COUNTS = 48;

  private static final Gpr LEFT = Gpr.RDI;
  private static final Gpr LEFT_STRIDE = Gpr.RSI;
  private static final Gpr RIGHT = Gpr.RDX;
  private static final Gpr STEPS = Gpr.RCX;
  private static final Gpr ROW_BLOCKS = Gpr.R8;
  private static final Gpr SUMS = Gpr.R9;
  private static final Gpr UPPER = Gpr.R10;
  private static final Gpr RIGHT_STEP = Gpr.R11;
  private static final Gpr LOWER = Gpr.RAX;
  private static final Gpr STEPS_LEFT = Gpr.RBX;
  private static final Gpr ROW_BYTES = Gpr.RBP;

  private final int rows;
  private final int blocks;
  private final MachineCode code;

  /**
   * @param rows of a block, at most {@link #ROWS}
   * @param blocks of columns, 1 or 2
   */
  ByteMatrixTile(int rows, int blocks, GeneratedCode codes) {
    MatrixUnit.require();
    this.rows = rows;
    this.blocks = blocks;
    code = codes.get("byte matrix tile " + rows + "x" + blocks, this::emit);
  }

  /** Bytes of a row of sums. */
  static int rowBytes(int blocks) {
    return blocks * ChannelBytes.BLOCK * Integer.BYTES;
  }

  /**
   * Multiplies {@code rowBlocks} blocks of rows; the sums of each row lie side by side, rows behind each other.
   *
   * @param leftStride bytes from a row to the next
   * @param steps each of {@link #DEPTH} bytes
   */
  void run(long left, long leftStride, long right, int steps, int rowBlocks, long sums) {
    code.runBriefly(left, leftStride, right, steps, rowBlocks, sums, 0, 0);
  }

  private byte[] emit() {
    Assembler a = new Assembler();
    Label configuration = new Label();
    a.push(STEPS_LEFT);
    a.push(ROW_BYTES);
    a.ldtilecfg(Address.of(configuration));
    a.mov(ROW_BYTES, rowBytes(blocks));
    Label rowBlock = a.here();
    for (int tile = 0; tile < FIRST_LEFT; tile++) {
      if (isUsed(tile)) {
        a.tilezero(new TileRegister(tile));
      }
    }
    a.mov(UPPER, LEFT);
    a.mov(LOWER, LEFT_STRIDE);
    a.shl(LOWER, 4);
    a.add(LOWER, LEFT);
    a.mov(RIGHT_STEP, RIGHT);
    a.mov(STEPS_LEFT, STEPS);
    Label step = a.here();
    step(a);
    a.dec(STEPS_LEFT);
    a.j(Condition.NOT_EQUAL, step);
    store(a);
    a.add(SUMS, rows * rowBytes(blocks));
    a.mov(UPPER, LEFT_STRIDE);
    a.shl(UPPER, 5);
    a.add(LEFT, UPPER);
    a.dec(ROW_BLOCKS);
    a.j(Condition.NOT_EQUAL, rowBlock);
    a.tilerelease();
    a.pop(ROW_BYTES);
    a.pop(STEPS_LEFT);
    a.ret();
    a.align(DEPTH);
    a.bind(configuration);
    configuration(a);
    return a.code();
  }

  private int rows(int half) {
    return Math.clamp(rows - half * TILE_ROWS, 0, TILE_ROWS);
  }

  /** Whether a tile of sums is there: two of the upper rows, two of the lower ones. */
  private boolean isUsed(int tile) {
    return rows(tile / 2) > 0 && tile % 2 < blocks;
  }

  private void step(Assembler a) {
    a.tileloadd(new TileRegister(FIRST_LEFT), Address.of(UPPER, LEFT_STRIDE, 1, 0));
    if (rows(1) > 0) {
      a.tileloadd(new TileRegister(FIRST_LEFT + 1), Address.of(LOWER, LEFT_STRIDE, 1, 0));
    }
    for (int block = 0; block < blocks; block++) {
      int offset = block * ChannelBytes.BLOCK * ByteWeights.STEP;
      a.tileloadd(new TileRegister(FIRST_RIGHT + block), Address.of(RIGHT_STEP, ROW_BYTES, 1, offset));
    }
    for (int tile = 0; tile < FIRST_LEFT; tile++) {
      if (isUsed(tile)) {
        a.tdpbusd(
            new TileRegister(tile), new TileRegister(FIRST_LEFT + tile / 2), new TileRegister(FIRST_RIGHT + tile % 2));
      }
    }
    a.add(UPPER, DEPTH);
    a.add(LOWER, DEPTH);
    a.add(RIGHT_STEP, DEPTH / ByteWeights.STEP * rowBytes(blocks));
  }

  private void store(Assembler a) {
    for (int tile = 0; tile < FIRST_LEFT; tile++) {
      if (isUsed(tile)) {
        int offset = tile / 2 * TILE_ROWS * rowBytes(blocks) + tile % 2 * rowBytes(1);
        a.tilestored(Address.of(SUMS, ROW_BYTES, 1, offset), new TileRegister(tile));
      }
    }
  }

  private void configuration(Assembler a) {
    int[] bytes = new int[DEPTH];
    bytes[0] = 1;
    for (int tile = 0; tile < TILES; tile++) {
      int count = tile < FIRST_LEFT ? rows(tile / 2) : tile < FIRST_RIGHT ? rows(tile - FIRST_LEFT) : TILE_ROWS;
      bytes[COLUMN_BYTES + 2 * tile] = count == 0 ? 0 : DEPTH;
      bytes[ROW_COUNTS + tile] = count;
    }
    for (int value : bytes) {
      a.emit(value);
    }
  }
}
