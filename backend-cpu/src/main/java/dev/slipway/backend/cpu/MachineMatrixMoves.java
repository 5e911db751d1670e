package dev.slipway.backend.cpu;

import java.util.Arrays;

/** {@link MatrixMoves} in machine code; transposes blocks of eight by eight floats. */
final class MachineMatrixMoves implements MatrixMoves {
  private static final int BLOCK = 8;
  private static final int BLOCK_BYTES = BLOCK * Float.BYTES;
  private static final int LOW_PAIRS = 0x44;
  private static final int HIGH_PAIRS = 0xEE;
  private static final int LOW_HALVES = 0x20;
  private static final int HIGH_HALVES = 0x31;

  private static final Gpr FROM = Gpr.RDI;
  private static final Gpr FROM_STRIDE = Gpr.RSI;
  private static final Gpr TO = Gpr.RDX;
  private static final Gpr TO_STRIDE = Gpr.RCX;
  private static final Gpr ROWS = Gpr.R8;
  private static final Gpr COLUMNS = Gpr.R9;

  private final MachineCode copy;
  private final MachineCode transpose;

  MachineMatrixMoves(Isa isa, GeneratedCode codes) {
    copy = codes.get("copy " + isa, () -> copy(isa));
    transpose = codes.get("transpose", MachineMatrixMoves::transpose);
  }

  @Override
  public void copy(long from, long fromStride, long to, long toStride, int rows, int columns) {
    if (rows > 0 && columns > 0) {
      copy.run(from, fromStride, to, toStride, rows, columns, 0, 0);
    }
  }

  @Override
  public void transpose(long from, long fromStride, long to, long toStride, int rows, int columns) {
    int wholeRows = rows / BLOCK * BLOCK;
    int wholeColumns = columns / BLOCK * BLOCK;
    if (wholeRows > 0 && wholeColumns > 0) {
      transpose.run(from, fromStride, to, toStride, wholeRows / BLOCK, wholeColumns / BLOCK, 0, 0);
    }
    MatrixMoves.transposeSingly(from, fromStride, to, toStride, wholeRows, wholeColumns, columns);
    long belowBlocks = from + wholeRows * fromStride;
    long besideBlocks = to + (long) wholeRows * Float.BYTES;
    MatrixMoves.transposeSingly(belowBlocks, fromStride, besideBlocks, toStride, rows - wholeRows, 0, columns);
  }

  private static byte[] copy(Isa isa) {
    Assembler code = new Assembler();
    VectorEmitter vector = VectorEmitter.of(isa, code);
    VectorRegister x = isa.register(0);
    RowEmitter row =
        new RowEmitter(vector, Gpr.RAX, Gpr.R10, Gpr.R11, vector.laneMask(MaskRegister.K1, isa.register(1)));
    row.begin(COLUMNS);
    Label next = code.here();
    row.each(part -> {
      part.load(x, FROM);
      part.store(TO, x);
    });
    code.add(FROM, FROM_STRIDE);
    code.add(TO, TO_STRIDE);
    code.dec(ROWS);
    code.j(Condition.NOT_EQUAL, next);
    code.vzeroupper();
    code.ret();
    return code.code();
  }

  /** Rows and columns count blocks. */
  private static byte[] transpose() {
    Gpr source = Gpr.RAX;
    Gpr target = Gpr.R10;
    Gpr left = Gpr.R11;
    Assembler code = new Assembler();
    Label rows = code.here();
    code.mov(source, FROM);
    code.mov(target, TO);
    code.mov(left, COLUMNS);
    Label columns = code.here();
    block(code, source, target);
    code.add(source, BLOCK_BYTES);
    code.lea(target, Address.of(target, TO_STRIDE, BLOCK, 0));
    code.dec(left);
    code.j(Condition.NOT_EQUAL, columns);
    code.lea(FROM, Address.of(FROM, FROM_STRIDE, BLOCK, 0));
    code.add(TO, BLOCK_BYTES);
    code.dec(ROWS);
    code.j(Condition.NOT_EQUAL, rows);
    code.vzeroupper();
    code.ret();
    return code.code();
  }

  private static void block(Assembler code, Gpr source, Gpr target) {
    Gpr row = Gpr.RBX;
    VectorRegister[] low = new VectorRegister[BLOCK];
    VectorRegister[] high = new VectorRegister[BLOCK];
    Arrays.setAll(low, VectorRegister::ymm);
    Arrays.setAll(high, i -> VectorRegister.ymm(BLOCK + i));
    code.push(row);
    code.mov(row, source);
    for (VectorRegister register : low) {
      code.vmovups(register, Address.of(row));
      code.add(row, FROM_STRIDE);
    }
    for (int i = 0; i < BLOCK; i += 2) {
      code.vunpcklps(high[i], low[i], low[i + 1]);
      code.vunpckhps(high[i + 1], low[i], low[i + 1]);
    }
    for (int i = 0; i < BLOCK; i += 4) {
      code.vshufps(low[i], high[i], high[i + 2], LOW_PAIRS);
      code.vshufps(low[i + 1], high[i], high[i + 2], HIGH_PAIRS);
      code.vshufps(low[i + 2], high[i + 1], high[i + 3], LOW_PAIRS);
      code.vshufps(low[i + 3], high[i + 1], high[i + 3], HIGH_PAIRS);
    }
    code.mov(row, target);
    for (int i = 0; i < BLOCK; i++) {
      int halves = i < BLOCK / 2 ? LOW_HALVES : HIGH_HALVES;
      code.vperm2f128(high[i], low[i % 4], low[i % 4 + 4], halves);
      code.vmovups(Address.of(row), high[i]);
      code.add(row, TO_STRIDE);
    }
    code.pop(row);
  }
}
