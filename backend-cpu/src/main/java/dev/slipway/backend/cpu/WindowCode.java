package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;
import java.util.ArrayList;
import java.util.List;

/**
 * Assembles the machine code of a {@link MachineWindow}: loops over planes, rows, tiles of pixels and kernel rows.
 * Within a kernel row everything is unrolled, each vector of input is loaded once for all pixels whose window has it,
 * and the taps outside the image are left out.
 *
 * <p>Arguments: input, weights, bias, output, table of rows, {@code planes << 32 | rows}, sides 0 and 1. Addresses are
 * those of the first plane and of its first row to be computed; the table has {@link #ROW_BYTES} for each row.
 */
final class WindowCode {
  /**
   * Bytes of one entry of the table of rows: offset of the first input that it reads, offset of the first weights,
   * number of kernel rows, address of a float for each pixel that scales a mean.
   */
  static final int ROW_BYTES = 32;

  static final int ROW_INPUT = 0;
  static final int ROW_WEIGHTS = 8;
  static final int ROW_TAPS = 16;
  static final int ROW_SCALES = 24;

  /** Sides whose addresses are passed. */
  static final int MAX_SIDES = 2;

  private static final Gpr INPUT = Gpr.RDI;
  private static final Gpr WEIGHTS = Gpr.RSI;
  private static final Gpr BIAS = Gpr.RDX;
  private static final Gpr OUTPUT = Gpr.RCX;
  private static final Gpr TABLE = Gpr.R8;
  private static final Gpr COUNTS = Gpr.R9;
  private static final Gpr ROW = Gpr.R10;
  private static final Gpr TILE_INPUT = Gpr.R11;
  private static final Gpr TAP_INPUT = Gpr.RAX;
  private static final Gpr TAP_WEIGHTS = Gpr.RBX;
  private static final Gpr TAP_ROWS = Gpr.R12;
  private static final Gpr ROWS = Gpr.RBP;
  private static final Gpr TILES = Gpr.R15;
  private static final Gpr[] SIDES = {Gpr.R13, Gpr.R14};
  private static final Gpr[] SAVED = {Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15};

  /** Offsets of locals on the stack. */
  private static final int OUTPUT_PLANE = 0;

  private static final int PLANES = 8;
  private static final int LOCALS = 16;
  private static final int FRAME = LOCALS + SAVED.length * Long.BYTES;

  private final WindowSpec spec;
  private final ConvShape shape;
  private final int vectorBytes;
  private final WindowRegisters registers;
  private final Assembler asm = new Assembler();
  private final List<WindowTile> tiles;

  private WindowCode(WindowSpec spec, Isa isa) {
    this.spec = spec;
    shape = spec.shape();
    vectorBytes = spec.vectorBytes();
    registers = WindowRegisters.of(spec, isa);
    tiles = WindowTile.row(spec, registers.pixels());
  }

  /** Whether there is code for it, with any epilogue in a pass of its own. */
  static boolean supports(WindowSpec spec) {
    return spec.shape().kernelWidth() <= WindowRegisters.UNROLLED;
  }

  /** Whether the code computes the epilogue before the store. */
  static boolean fuses(Epilogue epilogue, Isa isa) {
    return epilogue.sides().size() <= MAX_SIDES
        && ExpressionEmitter.supports(epilogue.expression())
        && WindowRegisters.scratch(epilogue, isa) < isa.registers() - 1;
  }

  static byte[] assemble(WindowSpec spec, Isa isa) {
    WindowCode code = new WindowCode(spec, isa);
    code.emit();
    return code.asm.code();
  }

  private void emit() {
    for (Gpr saved : SAVED) {
      asm.push(saved);
    }
    asm.sub(Gpr.RSP, LOCALS);
    sides();
    asm.mov(Address.of(Gpr.RSP, OUTPUT_PLANE), OUTPUT);
    asm.mov(Gpr.RAX, COUNTS);
    asm.shr(Gpr.RAX, Integer.SIZE);
    asm.mov(Address.of(Gpr.RSP, PLANES), Gpr.RAX);
    Label plane = asm.here();
    rows();
    nextPlane();
    asm.sub(Gpr.RAX, 1);
    asm.mov(Address.of(Gpr.RSP, PLANES), Gpr.RAX);
    asm.j(Condition.NOT_EQUAL, plane);
    asm.add(Gpr.RSP, LOCALS);
    for (int i = SAVED.length - 1; i >= 0; i--) {
      asm.pop(SAVED[i]);
    }
    asm.vzeroupper();
    asm.ret();
  }

  /** Keeps a side's distance to what moves as it does: the output or the bias. */
  private void sides() {
    int[] arguments = {MachineCode.ARGUMENT_6, MachineCode.ARGUMENT_7};
    for (int i = 0; i < spec.epilogue().sides().size(); i++) {
      asm.mov(SIDES[i], Address.of(Gpr.RSP, FRAME + arguments[i]));
      switch (spec.epilogue().sides().get(i)) {
        case FULL -> asm.sub(SIDES[i], OUTPUT);
        case CHANNEL -> asm.sub(SIDES[i], BIAS);
        case SCALAR -> {}
      }
    }
  }

  private void nextPlane() {
    asm.add(INPUT, Math.toIntExact(shape.inHeight() * spec.inRowBytes()));
    asm.add(WEIGHTS, shape.kernelHeight() * shape.kernelWidth() * vectorBytes);
    asm.add(BIAS, vectorBytes);
    asm.mov(OUTPUT, Address.of(Gpr.RSP, OUTPUT_PLANE));
    asm.add(OUTPUT, Math.toIntExact(shape.outHeight() * spec.outRowBytes()));
    asm.mov(Address.of(Gpr.RSP, OUTPUT_PLANE), OUTPUT);
    asm.mov(Gpr.RAX, Address.of(Gpr.RSP, PLANES));
  }

  private void rows() {
    asm.mov(ROW, TABLE);
    asm.mov32(ROWS, COUNTS);
    Label row = asm.here();
    asm.mov(TILE_INPUT, INPUT);
    asm.add(TILE_INPUT, Address.of(ROW, ROW_INPUT));
    for (WindowTile tile : tiles) {
      tiles(tile);
    }
    asm.add(ROW, ROW_BYTES);
    asm.sub(ROWS, 1);
    asm.j(Condition.NOT_EQUAL, row);
  }

  private void tiles(WindowTile tile) {
    if (tile.repeat() > 1) {
      asm.mov(TILES, tile.repeat());
    }
    asm.align(16);
    Label top = asm.here();
    tile(tile);
    asm.add(TILE_INPUT, tile.pixels() * shape.strideWidth() * vectorBytes);
    asm.add(OUTPUT, tile.pixels() * vectorBytes);
    if (tile.repeat() > 1) {
      asm.sub(TILES, 1);
      asm.j(Condition.NOT_EQUAL, top);
    }
  }

  private void tile(WindowTile tile) {
    int parts = registers.parts(tile.pixels());
    for (int i = 0; i < tile.pixels() * parts; i++) {
      initialise(registers.register(i));
    }
    asm.mov(TAP_INPUT, TILE_INPUT);
    asm.mov(TAP_WEIGHTS, WEIGHTS);
    asm.add(TAP_WEIGHTS, Address.of(ROW, ROW_WEIGHTS));
    asm.mov(TAP_ROWS, Address.of(ROW, ROW_TAPS));
    Label done = new Label();
    asm.test(TAP_ROWS, TAP_ROWS);
    asm.j(Condition.EQUAL, done);
    asm.align(16);
    Label kernelRow = asm.here();
    kernelRow(tile, parts);
    asm.add(TAP_INPUT, Math.toIntExact(shape.dilationHeight() * spec.inRowBytes()));
    asm.add(TAP_WEIGHTS, shape.kernelWidth() * vectorBytes);
    asm.sub(TAP_ROWS, 1);
    asm.j(Condition.NOT_EQUAL, kernelRow);
    asm.bind(done);
    finish(tile, parts);
  }

  private void initialise(VectorRegister sum) {
    if (spec.reduction() == WindowSpec.Reduction.MAX) {
      asm.vbroadcastss(sum, asm.literal(Float.NEGATIVE_INFINITY));
    } else {
      asm.vxorps(sum, sum, sum);
    }
  }

  /** One pixel's use of a vector of input. */
  private record Use(int pixel, int tap) {}

  private void kernelRow(WindowTile tile, int parts) {
    if (registers.weightsResident()) {
      for (int tap = 0; tap < shape.kernelWidth(); tap++) {
        asm.vmovups(registers.weight(tap), Address.of(TAP_WEIGHTS, tap * vectorBytes));
      }
    }
    int columns = (tile.pixels() - 1) * shape.strideWidth() + shape.dilationWidth() * (shape.kernelWidth() - 1) + 1;
    for (int column = 0; column < columns; column++) {
      column(uses(tile, column), Address.of(TAP_INPUT, column * vectorBytes), registers.input(column), parts);
    }
  }

  private List<Use> uses(WindowTile tile, int column) {
    List<Use> uses = new ArrayList<>();
    for (int pixel = 0; pixel < tile.pixels(); pixel++) {
      int distance = column - pixel * shape.strideWidth();
      int tap = distance / shape.dilationWidth();
      WindowSpec.Taps inside = tile.taps().get(pixel);
      if (distance >= 0 && distance % shape.dilationWidth() == 0 && tap >= inside.first() && tap < inside.end()) {
        uses.add(new Use(pixel, tap));
      }
    }
    return uses;
  }

  private void column(List<Use> uses, Address input, VectorRegister loaded, int parts) {
    if (uses.isEmpty()) {
      return;
    }
    boolean direct = uses.size() == 1
        && switch (spec.reduction()) {
          case WEIGHTED_SUM -> registers.weightsResident();
          case MEAN -> true;
          case MAX -> false;
        };
    if (!direct) {
      asm.vmovups(loaded, input);
    }
    for (Use use : uses) {
      VectorRegister sum = registers.register(use.pixel() * parts + use.tap() % parts);
      accumulate(sum, direct ? input : loaded, loaded, use.tap());
    }
  }

  private void accumulate(VectorRegister sum, Operand input, VectorRegister loaded, int tap) {
    switch (spec.reduction()) {
      case WEIGHTED_SUM -> {
        if (registers.weightsResident()) {
          asm.vfmadd231ps(sum, registers.weight(tap), input);
        } else {
          asm.vfmadd231ps(sum, loaded, Address.of(TAP_WEIGHTS, tap * vectorBytes));
        }
      }
      case MEAN -> asm.vaddps(sum, sum, input);
      // Where one is a NaN the instruction gives its second source, so that a NaN of the input is passed over.
      case MAX -> asm.vmaxps(sum, loaded, sum);
    }
  }

  private void finish(WindowTile tile, int parts) {
    for (int pixel = 0; pixel < tile.pixels(); pixel++) {
      VectorRegister sum = registers.register(pixel * parts);
      for (int part = 1; part < parts; part++) {
        combine(sum, registers.register(pixel * parts + part));
      }
    }
    switch (spec.reduction()) {
      case WEIGHTED_SUM -> {
        for (int pixel = 0; pixel < tile.pixels(); pixel++) {
          VectorRegister sum = registers.register(pixel * parts);
          asm.vaddps(sum, sum, Address.of(BIAS));
        }
      }
      case MEAN -> scale(tile, parts);
      case MAX -> {}
    }
    store(tile, parts);
  }

  private void store(WindowTile tile, int parts) {
    Epilogue epilogue = spec.epilogue();
    List<VectorRegister> free = registers.free(tile.pixels(), parts);
    int each = WindowRegisters.scratch(epilogue, registers.isa());
    int count = ExpressionStreams.count(epilogue.expression(), each, free.size());
    ExpressionStreams streams = new ExpressionStreams(VectorEmitter.of(registers.isa(), asm), free, count);
    streams.each(tile.pixels(), (stream, pixel) -> {
      VectorRegister sum = registers.register(pixel * parts);
      int offset = pixel * vectorBytes;
      VectorRegister result = stream.expressions()
          .evaluate(epilogue.expression(), port -> port == FusedGroup.RESULT ? sum : side(port, offset));
      asm.vmovups(Address.of(OUTPUT, offset), result);
      stream.scratch().release(result);
    });
  }

  private Address side(int side, int offset) {
    return switch (spec.epilogue().sides().get(side)) {
      case FULL -> Address.of(OUTPUT, SIDES[side], 1, offset);
      case CHANNEL -> Address.of(BIAS, SIDES[side], 1, 0);
      case SCALAR -> Address.of(SIDES[side]).bcst();
    };
  }

  private void combine(VectorRegister sum, VectorRegister part) {
    if (spec.reduction() == WindowSpec.Reduction.MAX) {
      asm.vmaxps(sum, sum, part);
    } else {
      asm.vaddps(sum, sum, part);
    }
  }

  /** Tiles that repeat have all columns inside, and so one scale. */
  private void scale(WindowTile tile, int parts) {
    asm.mov(TAP_WEIGHTS, Address.of(ROW, ROW_SCALES));
    VectorRegister factor = registers.input(0);
    for (int pixel = 0; pixel < tile.pixels(); pixel++) {
      VectorRegister sum = registers.register(pixel * parts);
      if (pixel == 0 || tile.repeat() == 1) {
        asm.vbroadcastss(factor, Address.of(TAP_WEIGHTS, (tile.first() + pixel) * Float.BYTES));
      }
      asm.vmulps(sum, sum, factor);
    }
  }
}
