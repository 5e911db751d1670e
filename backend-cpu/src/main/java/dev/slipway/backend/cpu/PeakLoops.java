package dev.slipway.backend.cpu;

import dev.slipway.tensor.DType;

/** Loops of machine code in which a core does one thing and nothing else: the bounds of every kernel. */
final class PeakLoops {
  /** Independent sums: more than two units of a latency of four or five cycles need. */
  private static final int CHAINS = 12;

  private static final int UNROLL = 4;

  /** Loads of one turn of the inner loop. */
  private static final int LOADS = 16;

  /** Results that tiles accumulate at once, as the kernels do. */
  private static final int TILES = 4;

  private PeakLoops() {}

  /**
   * Products on registers.
   *
   * @param unit the instructions, as the field calls them
   * @param type of the factors
   * @param operations of one round, a multiply-add counting two
   */
  record Products(String unit, DType type, MachineCode code, double operations) {
    void run(long rounds) {
      code.run(rounds, 0, 0, 0, 0, 0, 0, 0);
    }
  }

  /** Reads whole vectors of a block of memory, one after the other. */
  record Reads(MachineCode code, int step) {

    /** Reads the block, a multiple of {@link #step} bytes, so many times. */
    void run(long rounds, long address, long bytes) {
      code.run(rounds, address, bytes, 0, 0, 0, 0, 0);
    }
  }

  /** Multiply-adds of float32. */
  static Products floats(Isa isa) {
    double operations = 2.0 * isa.lanes() * CHAINS * UNROLL;
    return new Products("FMA", DType.FLOAT32, products(isa, Assembler::vfmadd231ps), operations);
  }

  /** Products of bytes by the instruction that adds four of them, or of two that were widened by one that adds two. */
  static Products bytes(ByteProducts products) {
    if (products.widened()) {
      double widened = 2.0 * 2 * products.isa().lanes() * CHAINS * UNROLL;
      return new Products("VPMADDWD", DType.INT8, products(products.isa(), PeakLoops::addWidened), widened);
    }
    double operations = 2.0 * 4 * products.isa().lanes() * CHAINS * UNROLL;
    return new Products("VNNI", DType.INT8, products(products.isa(), products::add), operations);
  }

  /** The products are in the register behind the factor. */
  private static void addWidened(Assembler code, VectorRegister sum, VectorRegister left, Operand right) {
    VectorRegister products = new VectorRegister(left.number() + 1, left.bits());
    code.vpmaddwd(products, left, right);
    code.vpaddd(sum, sum, products);
  }

  @FunctionalInterface
  private interface ProductInstruction {
    void emit(Assembler code, VectorRegister sum, VectorRegister left, Operand right);
  }

  private static MachineCode products(Isa isa, ProductInstruction instruction) {
    Assembler code = new Assembler();
    for (int i = 0; i <= CHAINS; i++) {
      code.vxorps(isa.register(i), isa.register(i), isa.register(i));
    }
    VectorRegister factor = isa.register(CHAINS);
    Label round = code.here();
    for (int i = 0; i < CHAINS * UNROLL; i++) {
      instruction.emit(code, isa.register(i % CHAINS), factor, factor);
    }
    code.dec(Gpr.RDI);
    code.j(Condition.NOT_EQUAL, round);
    code.vzeroupper();
    code.ret();
    return new MachineCode(code.code());
  }

  /** Products of tiles of bfloat16. */
  static Products tiles() {
    Assembler code = new Assembler();
    Label configuration = new Label();
    code.ldtilecfg(Address.of(configuration));
    Label round = code.here();
    for (int i = 0; i < TILES * UNROLL; i++) {
      code.tdpbf16ps(new TileRegister(i % TILES), new TileRegister(TILES), new TileRegister(TILES + 1));
    }
    code.dec(Gpr.RDI);
    code.j(Condition.NOT_EQUAL, round);
    code.tilerelease();
    code.ret();
    code.align(SplitFormat.ROW_BYTES);
    code.bind(configuration);
    SplitTile.configuration(code);
    double operations = 2.0 * SplitFormat.TILE * SplitFormat.TILE * SplitFormat.STEP * TILES * UNROLL;
    return new Products("AMX", DType.BFLOAT16, new MachineCode(code.code()), operations);
  }

  static Reads reads(Isa isa) {
    Assembler code = new Assembler();
    int step = LOADS * isa.vectorBytes();
    code.add(Gpr.RDX, Gpr.RSI);
    Label pass = code.here();
    code.mov(Gpr.RAX, Gpr.RSI);
    Label block = code.here();
    for (int i = 0; i < LOADS; i++) {
      code.vmovups(isa.register(i % CHAINS), Address.of(Gpr.RAX, i * isa.vectorBytes()));
    }
    code.add(Gpr.RAX, step);
    code.cmp(Gpr.RAX, Gpr.RDX);
    code.j(Condition.BELOW, block);
    code.dec(Gpr.RDI);
    code.j(Condition.NOT_EQUAL, pass);
    code.vzeroupper();
    code.ret();
    return new Reads(new MachineCode(code.code()), step);
  }
}
