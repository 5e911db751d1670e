package dev.slipway.backend.cpu;

import java.util.List;

/**
 * Assembles the two functions of {@link MachineWinogradTransforms}. Transforms along one axis are unrolled over a tile;
 * between the axes its values lie in scratch memory.
 */
final class WinogradCode {
  private static final List<Gpr> SAVED = List.of(Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15);

  /** Registers for the addresses of rows. */
  private static final List<Gpr> ROWS =
      List.of(Gpr.R8, Gpr.R9, Gpr.R10, Gpr.R11, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15);

  private static final Gpr TABLE = Gpr.RDI;
  private static final Gpr SOURCE = Gpr.RSI;
  private static final Gpr SCRATCH = Gpr.RDX;
  private static final Gpr COLUMN = Gpr.RAX;
  private static final Gpr TARGET = Gpr.RCX;
  private static final Gpr BIAS = Gpr.RCX;
  private static final Gpr COUNT = Gpr.RBX;
  private static final Gpr BLOCKS = Gpr.RBP;

  /** Offsets of locals on the stack. */
  private static final int BEFORE = 0;

  private static final int COLUMNS = 8;
  private static final int TILES = 16;
  private static final int START = 24;
  private static final int LOCALS = 32;
  private static final int FRAME = LOCALS + SAVED.size() * Long.BYTES;

  private final WinogradSpec spec;
  private final int m;
  private final int n;
  private final int vectorBytes;
  private final Isa isa;
  private final Assembler assembler = new Assembler();
  private final VectorEmitter vector;

  private WinogradCode(WinogradSpec spec, Isa isa) {
    this.spec = spec;
    this.isa = isa;
    vector = VectorEmitter.of(isa, assembler);
    m = spec.algorithm().outputs();
    n = spec.algorithm().inputs();
    vectorBytes = spec.vectorBytes();
  }

  /** Whether there is code for the activation. */
  static boolean supports(WinogradSpec spec) {
    return ExpressionEmitter.supports(spec.activation());
  }

  /**
   * {@link WinogradTransforms#input}: rows, columns before, columns read, columns after, tiles, to, blocks, scratch;
   * columns in bytes.
   */
  static byte[] input(WinogradSpec spec, Isa isa) {
    WinogradCode code = new WinogradCode(spec, isa);
    code.emitInput();
    return code.assembler.code();
  }

  /** {@link WinogradTransforms#output}: rows, from, scratch, bias, tiles, blocks. */
  static byte[] output(WinogradSpec spec, Isa isa) {
    WinogradCode code = new WinogradCode(spec, isa);
    code.emitOutput();
    return code.assembler.code();
  }

  private void emitInput() {
    TransformEmitter transform = new TransformEmitter(vector, spec.algorithm().inputTransform(), 0);
    enter();
    transform.prepare();
    assembler.mov(local(BEFORE), Gpr.RSI);
    assembler.mov(local(COLUMNS), Gpr.RDX);
    assembler.mov(local(TILES), Gpr.R8);
    assembler.mov(local(START), Gpr.R9);
    assembler.mov(BLOCKS, Address.of(Gpr.RSP, FRAME + MachineCode.ARGUMENT_6));
    assembler.mov(COUNT, Gpr.RCX);
    assembler.mov(SCRATCH, Address.of(Gpr.RSP, FRAME + MachineCode.ARGUMENT_7));
    clear(Gpr.RSI);
    assembler.add(SCRATCH, local(COLUMNS));
    clear(COUNT);
    Label block = assembler.here();
    loadRows(n);
    assembler.mov(SCRATCH, Address.of(Gpr.RSP, FRAME + MachineCode.ARGUMENT_7));
    assembler.add(SCRATCH, local(BEFORE));
    columns(transform);
    assembler.mov(SCRATCH, Address.of(Gpr.RSP, FRAME + MachineCode.ARGUMENT_7));
    assembler.mov(TARGET, local(START));
    assembler.mov(COUNT, local(TILES));
    Label tile = loop();
    for (int i = 0; i < n; i++) {
      int row = i;
      transform.emit(
          j -> Address.of(SCRATCH, row * scratchRow() + j * vectorBytes),
          (j, value) -> assembler.vmovups(product(TARGET, row * n + j), value));
    }
    assembler.add(SCRATCH, m * vectorBytes);
    assembler.add(TARGET, vectorBytes);
    repeat(COUNT, tile);
    assembler.mov(TARGET, local(START));
    assembler.add(TARGET, spec.block());
    assembler.mov(local(START), TARGET);
    repeat(BLOCKS, block);
    leave();
  }

  /** Zeros in so many columns of the scratch memory, which moves behind them. */
  private void clear(Gpr bytes) {
    VectorRegister zero = isa.register(0);
    vector.zero(zero);
    Label done = new Label();
    assembler.add(bytes, SCRATCH);
    Label column = assembler.here();
    assembler.cmp(SCRATCH, bytes);
    assembler.j(Condition.EQUAL, done);
    for (int i = 0; i < n; i++) {
      assembler.vmovups(Address.of(SCRATCH, i * scratchRow()), zero);
    }
    assembler.add(SCRATCH, vectorBytes);
    assembler.jmp(column);
    assembler.bind(done);
  }

  /** The addresses of a table's rows in registers, and those of the next block in the table. */
  private void loadRows(int count) {
    for (int i = 0; i < count; i++) {
      Address entry = Address.of(TABLE, i * Long.BYTES);
      assembler.mov(ROWS.get(i), entry);
      assembler.mov(COLUMN, ROWS.get(i));
      assembler.add(COLUMN, Address.of(TABLE, (count + i) * Long.BYTES));
      assembler.mov(entry, COLUMN);
    }
  }

  /** The transform of all columns that are read. */
  private void columns(TransformEmitter transform) {
    Label done = new Label();
    assembler.zero(COLUMN);
    assembler.mov(COUNT, local(COLUMNS));
    assembler.test(COUNT, COUNT);
    assembler.j(Condition.EQUAL, done);
    Label column = loop();
    transform.emit(
        i -> Address.of(ROWS.get(i), COLUMN, 1, 0),
        (i, value) -> assembler.vmovups(Address.of(SCRATCH, COLUMN, 1, i * scratchRow()), value));
    assembler.add(COLUMN, vectorBytes);
    assembler.cmp(COLUMN, COUNT);
    assembler.j(Condition.NOT_EQUAL, column);
    assembler.bind(done);
  }

  private void emitOutput() {
    int activation = ExpressionEmitter.scratchRegisters(isa, spec.activation(), false);
    TransformEmitter transform = new TransformEmitter(vector, spec.algorithm().outputTransform(), activation);
    FreeRegisters scratch = TransformEmitter.registers(isa, 0, activation);
    ExpressionEmitter expression = new ExpressionEmitter(vector, scratch);
    enter();
    transform.prepare();
    assembler.mov(local(START), SOURCE);
    assembler.mov(local(TILES), Gpr.R8);
    assembler.mov(BLOCKS, Gpr.R9);
    Label block = assembler.here();
    loadRows(m);
    assembler.zero(COLUMN);
    assembler.mov(SOURCE, local(START));
    assembler.mov(COUNT, local(TILES));
    Label tile = loop();
    for (int j = 0; j < n; j++) {
      int column = j;
      transform.emit(
          i -> product(SOURCE, i * n + column),
          (k, value) -> assembler.vmovups(Address.of(SCRATCH, (k * n + column) * vectorBytes), value));
    }
    for (int k = 0; k < m; k++) {
      int row = k;
      transform.emit(
          j -> Address.of(SCRATCH, (row * n + j) * vectorBytes),
          (x, value) -> {
            assembler.vaddps(value, value, Address.of(BIAS));
            VectorRegister result = expression.evaluate(spec.activation(), _ -> value);
            assembler.vmovups(Address.of(ROWS.get(row), COLUMN, 1, x * vectorBytes), result);
            scratch.release(result);
          });
    }
    assembler.add(SOURCE, vectorBytes);
    assembler.add(COLUMN, m * vectorBytes);
    repeat(COUNT, tile);
    assembler.add(BIAS, vectorBytes);
    assembler.mov(SOURCE, local(START));
    assembler.add(SOURCE, spec.block());
    assembler.mov(local(START), SOURCE);
    repeat(BLOCKS, block);
    leave();
  }

  private void enter() {
    SAVED.forEach(assembler::push);
    assembler.sub(Gpr.RSP, LOCALS);
  }

  private void leave() {
    assembler.add(Gpr.RSP, LOCALS);
    SAVED.reversed().forEach(assembler::pop);
    assembler.vzeroupper();
    assembler.ret();
  }

  private Label loop() {
    assembler.align(16);
    return assembler.here();
  }

  private void repeat(Gpr count, Label top) {
    assembler.sub(count, 1);
    assembler.j(Condition.NOT_EQUAL, top);
  }

  private static Address local(int offset) {
    return Address.of(Gpr.RSP, offset);
  }

  /** One product's vector. */
  private Address product(Gpr first, int index) {
    return Address.of(first, index * spec.product());
  }

  private int scratchRow() {
    return spec.rowColumns() * vectorBytes;
  }
}
