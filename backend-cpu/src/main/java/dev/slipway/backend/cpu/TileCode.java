package dev.slipway.backend.cpu;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Writes the machine code of one {@link TileKernel}: sums start at zero, the bias is added when they are stored.
 *
 * <p>Vector registers, from 0 on: accumulators [pixel][block], a vector of weights for each block, and what is left for
 * broadcast inputs. AVX-512 can do without these, at the price of a load for each multiply-add: an instruction and a
 * register less for each pixel, so that more of them are in flight. Tiles of two and three blocks are fastest when they
 * do without for every second pixel, those of four for every third.
 */
final class TileCode implements StepLoop.Body {
  private static final int LINE_BYTES = 64;

  private static final List<Gpr> SAVED = List.of(Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15);

  private static final Gpr INPUT = Gpr.RDI;
  private static final Gpr SEGMENTS = Gpr.RSI;
  private static final Gpr WEIGHTS = Gpr.RDX;
  private static final Gpr BIAS = Gpr.RCX;
  private static final Gpr OUTPUT = Gpr.R8;
  private static final Gpr FETCHED = Gpr.R13;
  private static final Gpr FETCH_END = Gpr.R14;
  private static final Gpr TILES_LEFT = Gpr.R15;
  private static final Gpr SOURCE = Gpr.RAX;
  private static final Gpr WEIGHT = Gpr.R10;
  private static final Gpr STEPS_LEFT = Gpr.R11;
  private static final Gpr SEGMENT = Gpr.RBX;
  private static final Gpr SEGMENTS_LEFT = Gpr.RBP;

  /** A local: the bytes from the first block of results to the one that is fetched next. */
  private static final Address FETCHED_BLOCK = Address.of(Gpr.RSP);

  /** Bytes of the locals. */
  private static final int LOCALS = Long.BYTES;

  /** Bytes of the locals and saved registers. */
  private static final int FRAME = LOCALS + SAVED.size() * Long.BYTES;

  /** Where the last argument lies: the counts that are used once a row. */
  private static final Address TILES = Address.of(Gpr.RSP, FRAME + MachineCode.ARGUMENT_7);

  private static final Address ROWS = TILES.plus(Integer.BYTES);

  /** Where the sides are. */
  private static final List<Gpr> SIDES = List.of(Gpr.R9, Gpr.R12);

  private final TileSpec spec;
  private final TileShape shape;
  private final Isa isa;
  private final Assembler assembler = new Assembler();
  private final VectorRegister[] weights;
  private final VectorRegister[] broadcasts;
  private final AccumulatorStore store;
  private final WeightFetch fetch;
  private final int embedded;

  private TileCode(TileSpec spec) {
    this.spec = spec;
    shape = spec.shape();
    isa = isa(spec.vectorBits());
    embedded = embedded(shape, isa);
    int accumulators = shape.accumulators();
    weights = registers(accumulators, shape.blocks());
    int free = isa.registers() - accumulators - shape.blocks();
    broadcasts = registers(accumulators + shape.blocks(), Math.max(0, free));
    fetch = new WeightFetch(
        assembler, WEIGHTS, FETCHED, FETCH_END, shape.blocks() * spec.vectorBytes(), spec.fetchedAhead());
    store = new AccumulatorStore(
        spec,
        VectorEmitter.of(isa, assembler),
        new AccumulatorStore.Pointers(BIAS, OUTPUT, SIDES, List.of(SOURCE, STEPS_LEFT, SEGMENT)));
  }

  /** The code of a kernel with the arguments input, segments, weights, bias, output, two sides, tiles and rows. */
  static byte[] of(TileSpec spec) {
    TileCode code = new TileCode(spec);
    code.emit();
    return code.assembler.code();
  }

  /** Whether kernels compute an epilogue. */
  static boolean fuses(Epilogue epilogue, Isa isa) {
    return AccumulatorStore.supports(epilogue, isa, SIDES.size());
  }

  /** Whether the instruction set has the registers for a tile. */
  static boolean fits(TileShape shape, Isa isa) {
    int broadcast = isa == Isa.AVX512 ? 0 : 1;
    return shape.accumulators() + shape.blocks() + broadcast <= isa.registers();
  }

  /** How many of a tile's pixels have their input broadcast by each multiply-add, in place of once for all blocks. */
  static int embedded(TileShape shape, Isa isa) {
    if (isa == Isa.AVX2) {
      return 0;
    }
    boolean free = shape.accumulators() + shape.blocks() < isa.registers();
    if (!free || shape.blocks() == 1) {
      return shape.area();
    }
    return switch (shape.blocks()) {
      case 2, 3 -> shape.area() / 2;
      case 4 -> shape.area() / 3;
      default -> 0;
    };
  }

  private static Isa isa(int vectorBits) {
    return vectorBits == Isa.AVX512.vectorBits() ? Isa.AVX512 : Isa.AVX2;
  }

  private VectorRegister[] registers(int first, int count) {
    return IntStream.range(first, first + count).mapToObj(isa::register).toArray(VectorRegister[]::new);
  }

  private void emit() {
    SAVED.forEach(assembler::push);
    assembler.sub(Gpr.RSP, LOCALS);
    assembler.mov(SIDES.get(1), Address.of(Gpr.RSP, FRAME + MachineCode.ARGUMENT_6));
    fetch.start(SEGMENTS);
    Label row = assembler.here();
    assembler.mov32(TILES_LEFT, TILES);
    Label tile = assembler.here();
    accumulate();
    store.emit();
    advanceTile();
    assembler.dec(TILES_LEFT);
    assembler.j(Condition.NOT_EQUAL, tile);
    advanceRow();
    assembler.mov32(SOURCE, ROWS);
    assembler.sub(SOURCE, 1);
    assembler.mov32(ROWS, SOURCE);
    assembler.j(Condition.NOT_EQUAL, row);
    assembler.add(Gpr.RSP, LOCALS);
    for (Gpr saved : SAVED.reversed()) {
      assembler.pop(saved);
    }
    assembler.vzeroupper();
    assembler.ret();
  }

  private void advanceTile() {
    assembler.add(INPUT, shape.pixels() * spec.input().pixel());
    outputs().forEach(pointer -> assembler.add(pointer, shape.pixels() * spec.output().pixel()));
  }

  /** From behind the last tile of a row to the first of the next. */
  private void advanceRow() {
    assembler.mov32(SOURCE, TILES);
    assembler.imul(SOURCE, SOURCE, shape.pixels() * spec.input().pixel());
    assembler.sub(INPUT, SOURCE);
    assembler.add(INPUT, shape.rows() * spec.input().row());
    assembler.mov32(SOURCE, TILES);
    assembler.imul(SOURCE, SOURCE, shape.pixels() * spec.output().pixel());
    for (Gpr pointer : outputs()) {
      assembler.sub(pointer, SOURCE);
      assembler.add(pointer, shape.rows() * spec.output().row());
    }
  }

  /** The pointers that move as the output does. */
  private List<Gpr> outputs() {
    List<Side> sides = spec.epilogue().sides();
    IntStream full = IntStream.range(0, sides.size()).filter(i -> sides.get(i) == Side.FULL);
    return Stream.concat(Stream.of(OUTPUT), full.mapToObj(SIDES::get)).toList();
  }

  private void accumulate() {
    for (int i = 0; i < shape.accumulators(); i++) {
      VectorRegister accumulator = isa.register(i);
      assembler.vxorps(accumulator, accumulator, accumulator);
    }
    assembler.mov(SEGMENTS_LEFT, Address.of(SEGMENTS));
    assembler.lea(SEGMENT, Address.of(SEGMENTS, SegmentTable.HEADER_BYTES));
    assembler.mov(WEIGHT, WEIGHTS);
    startFetchingResults();
    Label segment = assembler.here();
    fetchNextInputs();
    fetchResults();
    assembler.mov(SOURCE, Address.of(SEGMENT));
    assembler.add(SOURCE, INPUT);
    if (spec.segmentSteps() > 0) {
      knownSteps();
    } else {
      assembler.mov(STEPS_LEFT, Address.of(SEGMENT, Long.BYTES));
      new StepLoop(assembler, STEPS_LEFT).emit(this);
    }
    assembler.add(SEGMENT, SegmentTable.ENTRY_BYTES);
    assembler.dec(SEGMENTS_LEFT);
    assembler.j(Condition.NOT_EQUAL, segment);
  }

  /** Asks for the inputs of the next segment, or in vain for those behind the last: no pattern leads there. */
  private void fetchNextInputs() {
    if (spec.input().pixel() < LINE_BYTES || shape.blocks() == 1) {
      return;
    }
    assembler.mov(STEPS_LEFT, Address.of(SEGMENT, SegmentTable.ENTRY_BYTES));
    assembler.add(STEPS_LEFT, INPUT);
    for (int pixel = 0; pixel < shape.area(); pixel++) {
      assembler.prefetcht0(Address.of(STEPS_LEFT, spec.offset(spec.input(), pixel)));
    }
  }

  private void startFetchingResults() {
    if (fetchesResults()) {
      assembler.zero(STEPS_LEFT);
      assembler.mov(FETCHED_BLOCK, STEPS_LEFT);
    }
  }

  /** Asks in each of the first segments for one block of the tile's results and sides. */
  private void fetchResults() {
    if (!fetchesResults()) {
      return;
    }
    Label done = new Label();
    assembler.mov(STEPS_LEFT, FETCHED_BLOCK);
    assembler.cmp(STEPS_LEFT, shape.blocks() * spec.output().block());
    assembler.j(Condition.GREATER_OR_EQUAL, done);
    for (Gpr pointer : outputs()) {
      for (int pixel = 0; pixel < shape.area(); pixel += Math.max(1, LINE_BYTES / spec.output().pixel())) {
        Address line = Address.of(pointer, STEPS_LEFT, 1, spec.offset(spec.output(), pixel));
        if (pointer == OUTPUT) {
          assembler.prefetchw(line);
        } else {
          assembler.prefetcht0(line);
        }
      }
    }
    assembler.add(STEPS_LEFT, spec.output().block());
    assembler.mov(FETCHED_BLOCK, STEPS_LEFT);
    assembler.bind(done);
  }

  /** Whether the distance between all blocks fits into an instruction, too. */
  private boolean fetchesResults() {
    return spec.fetchesResults() && (long) shape.blocks() * spec.output().block() <= Integer.MAX_VALUE;
  }

  private void knownSteps() {
    for (int step = 0; step < spec.segmentSteps(); step++) {
      step(step);
    }
    assembler.add(WEIGHT, spec.segmentSteps() * shape.blocks() * spec.vectorBytes());
    fetch.fetch(spec.segmentSteps());
  }

  @Override
  public void advance(int steps) {
    assembler.add(SOURCE, steps * Float.BYTES);
    assembler.add(WEIGHT, steps * shape.blocks() * spec.vectorBytes());
    if (steps > 1) {
      fetch.fetch(steps);
    }
  }

  @Override
  public void step(int step) {
    if (shape.area() == 1) {
      VectorRegister input = broadcasts.length == 0 ? weights[0] : broadcasts[step % broadcasts.length];
      assembler.vbroadcastss(input, source(0, step));
      for (int block = 0; block < shape.blocks(); block++) {
        assembler.vfmadd231ps(accumulator(0, block), input, weight(step, block));
      }
      return;
    }
    for (int block = 0; block < shape.blocks(); block++) {
      assembler.vmovups(weights[block], weight(step, block));
    }
    for (int pixel = 0; pixel < shape.area(); pixel++) {
      Operand input = input(pixel, step);
      for (int block = 0; block < shape.blocks(); block++) {
        assembler.vfmadd231ps(accumulator(pixel, block), weights[block], input);
      }
    }
  }

  /** In memory where it is not shared: an instruction less. */
  private Operand input(int pixel, int step) {
    if (isEmbedded(pixel)) {
      return source(pixel, step).bcst();
    }
    VectorRegister input = broadcasts[pixel % broadcasts.length];
    assembler.vbroadcastss(input, source(pixel, step));
    return input;
  }

  /** Those that are embedded lie evenly among the others. */
  private boolean isEmbedded(int pixel) {
    return (pixel + 1) * embedded / shape.area() > pixel * embedded / shape.area();
  }

  private Address weight(int step, int block) {
    return Address.of(WEIGHT, (step * shape.blocks() + block) * spec.vectorBytes());
  }

  private Address source(int pixel, int step) {
    return Address.of(SOURCE, spec.offset(spec.input(), pixel) + step * Float.BYTES);
  }

  private VectorRegister accumulator(int pixel, int block) {
    return isa.register(pixel * shape.blocks() + block);
  }
}
