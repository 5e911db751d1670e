package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Writes the machine code of one {@link ByteTileKernel}.
 *
 * <p>Vector registers, from 0 on: accumulators [pixel][vector of channels], with VNNI a vector of weights for each
 * vector of channels, and scratch.
 */
final class ByteTileCode implements StepLoop.Body {
  private static final int LOW_BYTES = 0x00ff00ff;

  private static final List<Gpr> SAVED = List.of(Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15);

  private static final Gpr INPUT = Gpr.RDI;
  private static final Gpr SEGMENTS = Gpr.RSI;
  private static final Gpr WEIGHTS = Gpr.RDX;
  private static final Gpr PARAMETERS = Gpr.RCX;
  private static final Gpr OUTPUT = Gpr.R8;
  private static final Gpr CONSTANTS = Gpr.R9;
  /** Numbers of the pixels, or the side's first element. */
  private static final Gpr BESIDE = Gpr.R12;
  private static final Gpr FETCHED = Gpr.R13;
  private static final Gpr FETCH_END = Gpr.R14;
  private static final Gpr TILES_LEFT = Gpr.R15;
  private static final Gpr SOURCE = Gpr.RAX;
  private static final Gpr WEIGHT = Gpr.R10;
  private static final Gpr STEPS_LEFT = Gpr.R11;
  private static final Gpr SEGMENT = Gpr.RBX;
  private static final Gpr SEGMENTS_LEFT = Gpr.RBP;

  private static final Address TILES = Address.of(Gpr.RSP, SAVED.size() * Long.BYTES + MachineCode.ARGUMENT_7);
  private static final Address ROWS = TILES.plus(Integer.BYTES);

  private final ByteTileSpec spec;
  private final ByteProducts products;
  private final Isa isa;
  private final int vectors;
  private final Assembler code = new Assembler();
  private final List<VectorRegister> weights;
  private final List<VectorRegister> scratch;
  private final WeightFetch fetch;

  private ByteTileCode(ByteTileSpec spec, ByteProducts products) {
    this.spec = spec;
    this.products = products;
    isa = products.isa();
    vectors = spec.blocks() * products.vectorsOfBlock();
    int accumulators = spec.pixels() * vectors;
    boolean dense = spec.sums() == ByteTileSpec.Sums.DENSE;
    weights = registers(accumulators, dense ? weightRegisters(spec.pixels(), vectors, products) : 0);
    scratch = registers(accumulators + weights.size(), isa.registers() - accumulators - weights.size());
    fetch = new WeightFetch(code, WEIGHTS, FETCHED, FETCH_END, stepBytes(), spec.fetchedAhead());
  }

  /** The code of a kernel, whose last argument is {@link MachineTileKernel#extent}. */
  static byte[] of(ByteTileSpec spec, ByteProducts products) {
    ByteTileCode made = new ByteTileCode(spec, products);
    made.emit();
    return made.code.code();
  }

  /**
   * Whether the instruction set has the registers for a tile.
   *
   * @param epilogue registers that an epilogue needs
   */
  static boolean fits(int pixels, int blocks, ByteProducts products, int epilogue) {
    int vectors = blocks * products.vectorsOfBlock();
    int needed = pixels * vectors + weightRegisters(pixels, vectors, products) + products.scratchRegisters();
    int stored = pixels * vectors + products.vectorsOfBlock() + 2 + epilogue;
    return Math.max(needed, stored) <= products.isa().registers();
  }

  /** Registers that a tile that {@link #fits} leaves for evaluations of its epilogue. */
  static int spare(int pixels, int blocks, ByteProducts products) {
    int vectors = products.vectorsOfBlock();
    return products.isa().registers() - pixels * blocks * vectors - vectors - 1;
  }

  /** A single pixel multiplies weights in memory, each of which is read once; so do kernels without VNNI. */
  private static int weightRegisters(int pixels, int vectors, ByteProducts products) {
    return pixels == 1 || products.widened() ? 0 : vectors;
  }

  private List<VectorRegister> registers(int first, int count) {
    return IntStream.range(first, first + count).mapToObj(isa::register).toList();
  }

  private void emit() {
    SAVED.forEach(code::push);
    code.mov(BESIDE, Address.of(Gpr.RSP, SAVED.size() * Long.BYTES + MachineCode.ARGUMENT_6));
    fetch.start(SEGMENTS);
    Label row = code.here();
    code.mov32(TILES_LEFT, TILES);
    Label tile = code.here();
    accumulate();
    store();
    code.add(INPUT, spec.pixels() * spec.inputPixel());
    code.add(OUTPUT, spec.pixels() * spec.outputPixel());
    if (readsBeside()) {
      code.add(BESIDE, beside(spec.pixels() * spec.outputPixel()));
    }
    code.dec(TILES_LEFT);
    code.j(Condition.NOT_EQUAL, tile);
    advanceRow();
    code.mov32(SOURCE, ROWS);
    code.sub(SOURCE, 1);
    code.mov32(ROWS, SOURCE);
    code.j(Condition.NOT_EQUAL, row);
    SAVED.reversed().forEach(code::pop);
    code.vzeroupper();
    code.ret();
  }

  /** From behind the last tile of a row to the first of the next. */
  private void advanceRow() {
    code.mov32(SOURCE, TILES);
    code.imul(SOURCE, SOURCE, spec.pixels() * spec.inputPixel());
    code.sub(INPUT, SOURCE);
    code.add(INPUT, spec.inputRow());
    code.mov32(SOURCE, TILES);
    code.imul(SOURCE, SOURCE, spec.pixels() * spec.outputPixel());
    code.sub(OUTPUT, SOURCE);
    code.add(OUTPUT, spec.outputRow());
    if (readsBeside()) {
      code.mov32(SOURCE, TILES);
      code.imul(SOURCE, SOURCE, beside(spec.pixels() * spec.outputPixel()));
      code.sub(BESIDE, SOURCE);
      code.add(BESIDE, beside(spec.outputRow()));
    }
  }

  private boolean hasSide() {
    return spec.epilogue().side().isPresent();
  }

  private boolean readsBeside() {
    return spec.hasPixelNumbers() || hasSide();
  }

  private int beside(int outputBytes) {
    return Math.toIntExact(spec.beside(outputBytes));
  }

  private void accumulate() {
    for (int vector = 0; vector < vectors; vector++) {
      code.vmovups(accumulator(0, vector), parameter(ChannelParameters.STARTS, vector));
      for (int pixel = 1; pixel < spec.pixels(); pixel++) {
        code.vmovaps(accumulator(pixel, vector), accumulator(0, vector));
      }
    }
    if (spec.sums() == ByteTileSpec.Sums.GIVEN) {
      addGiven();
      return;
    }
    startSums();
    code.mov(SEGMENTS_LEFT, Address.of(SEGMENTS));
    code.lea(SEGMENT, Address.of(SEGMENTS, SegmentTable.HEADER_BYTES));
    code.mov(WEIGHT, WEIGHTS);
    Label segment = code.here();
    code.mov(SOURCE, Address.of(SEGMENT));
    if (spec.segmentSteps() == 0) {
      code.mov(STEPS_LEFT, Address.of(SEGMENT, Long.BYTES));
    }
    code.add(SOURCE, INPUT);
    code.add(SEGMENT, SegmentTable.ENTRY_BYTES);
    switch (spec.sums()) {
      case DENSE -> steps();
      case TAP_PAIRS -> tapPair();
      case TAP_ROWS -> tapRow();
      case GIVEN -> throw new IllegalStateException("segments of sums that are given");
    }
    code.dec(SEGMENTS_LEFT);
    code.j(Condition.NOT_EQUAL, segment);
  }

  private void addGiven() {
    for (int pixel = 0; pixel < spec.pixels(); pixel++) {
      for (int vector = 0; vector < vectors; vector++) {
        Address sums = Address.of(INPUT, pixel * spec.inputPixel() + vector * isa.vectorBytes());
        code.vpaddd(accumulator(pixel, vector), accumulator(pixel, vector), sums);
      }
    }
  }

  /** Loads what all segments need. */
  private void startSums() {
    if (spec.sums() == ByteTileSpec.Sums.TAP_ROWS) {
      code.vmovups(scratch.getFirst(), code.literals(transposed()));
    } else if (spec.sums() == ByteTileSpec.Sums.DENSE && products.widened()) {
      code.vpbroadcastd(scratch.getFirst(), code.literals(List.of(LOW_BYTES)));
    }
  }

  /** For each of sixteen channels the places of its bytes in four pixels. */
  private static List<Integer> transposed() {
    return IntStream.range(0, ChannelBytes.BLOCK).map(channel -> channel * 0x01010101 + 0x30201000).boxed().toList();
  }

  /** Up to four neighbouring pixels: their bytes by channels, times the weights. */
  private void tapRow() {
    VectorRegister order = scratch.getFirst();
    VectorRegister weight = scratch.get(1);
    List<VectorRegister> inputs = scratch.subList(2, scratch.size());
    code.vmovups(weight, Address.of(WEIGHT));
    code.kmovw(MaskRegister.K1, STEPS_LEFT);
    for (int pixel = 0; pixel < spec.pixels(); pixel++) {
      VectorRegister input = inputs.get(pixel % inputs.size());
      code.vmovups(input.zeroed(MaskRegister.K1), source(pixel, 0));
      code.vpermb(input, order, input);
      products.add(code, accumulator(pixel, 0), input, weight);
    }
    code.add(WEIGHT, isa.vectorBytes());
  }

  /** Two pixels: the bytes of each channel side by side, as 16-bit numbers, times the weights. */
  private void tapPair() {
    Gpr second = STEPS_LEFT;
    VectorRegister first = scratch.getFirst();
    VectorRegister pairs = scratch.get(1);
    code.add(second, INPUT);
    for (int pixel = 0; pixel < spec.pixels(); pixel++) {
      code.vmovups(first.withBits(128), source(pixel, 0));
      for (int half = 0; half < vectors; half++) {
        Address other = Address.of(second, pixel * spec.inputPixel());
        if (half == 0) {
          code.vpunpcklbw(pairs.withBits(128), first.withBits(128), other);
        } else {
          code.vpunpckhbw(pairs.withBits(128), first.withBits(128), other);
        }
        code.vpmovzxbw(pairs, pairs.withBits(128));
        code.vpmaddwd(pairs, pairs, Address.of(WEIGHT, half * isa.vectorBytes()));
        code.vpaddd(accumulator(pixel, half), accumulator(pixel, half), pairs);
      }
    }
    code.add(WEIGHT, vectors * isa.vectorBytes());
  }

  private void steps() {
    if (spec.segmentSteps() == 0) {
      new StepLoop(code, STEPS_LEFT).emit(this);
      return;
    }
    for (int step = 0; step < spec.segmentSteps(); step++) {
      step(step);
    }
    code.add(WEIGHT, spec.segmentSteps() * stepBytes());
    fetch.fetch(spec.segmentSteps());
  }

  @Override
  public void advance(int steps) {
    code.add(SOURCE, steps * spec.inputStep());
    code.add(WEIGHT, steps * stepBytes());
    if (steps > 1) {
      fetch.fetch(steps);
    }
  }

  private int stepBytes() {
    return vectors * isa.vectorBytes() * (products.widened() ? 2 : 1);
  }

  @Override
  public void step(int step) {
    if (products.widened()) {
      widenedStep(step);
      return;
    }
    for (int vector = 0; vector < weights.size(); vector++) {
      code.vmovups(weights.get(vector), weight(step, vector));
    }
    for (int pixel = 0; pixel < spec.pixels(); pixel++) {
      VectorRegister input = scratch.get(pixel % scratch.size());
      code.vpbroadcastd(input, source(pixel, step));
      for (int vector = 0; vector < vectors; vector++) {
        Operand weight = weights.isEmpty() ? weight(step, vector) : weights.get(vector);
        products.add(code, accumulator(pixel, vector), input, weight);
      }
    }
  }

  /** Multiplies the bytes at even places and those at odd ones, each as 16-bit numbers. */
  private void widenedStep(int step) {
    VectorRegister even = scratch.get(1);
    VectorRegister odd = scratch.get(2);
    VectorRegister sums = scratch.get(3);
    for (int pixel = 0; pixel < spec.pixels(); pixel++) {
      code.vpbroadcastd(odd, source(pixel, step));
      code.vandps(even, odd, scratch.getFirst());
      code.vpsrlw(odd, odd, Byte.SIZE);
      for (int vector = 0; vector < vectors; vector++) {
        Address weight = Address.of(WEIGHT, step * stepBytes() + vector * 2 * isa.vectorBytes());
        code.vpmaddwd(sums, even, weight);
        code.vpaddd(accumulator(pixel, vector), accumulator(pixel, vector), sums);
        code.vpmaddwd(sums, odd, weight.plus(isa.vectorBytes()));
        code.vpaddd(accumulator(pixel, vector), accumulator(pixel, vector), sums);
      }
    }
  }

  private Address weight(int step, int vector) {
    return Address.of(WEIGHT, step * stepBytes() + vector * isa.vectorBytes());
  }

  private Address source(int pixel, int step) {
    return Address.of(SOURCE, pixel * spec.inputPixel() + step * spec.inputStep());
  }

  private VectorRegister accumulator(int pixel, int vector) {
    return isa.register(pixel * vectors + vector);
  }

  /** A parameter of the channels of a vector. */
  private Address parameter(int which, int vector) {
    int ofBlock = products.vectorsOfBlock();
    int offset = vector / ofBlock * ChannelParameters.BLOCK_BYTES + vector % ofBlock * isa.vectorBytes();
    return Address.of(PARAMETERS, which + offset);
  }

  /**
   * The weights' registers and the scratch ones are free now: the first hold scales, the last one the order, those
   * between are scratch registers of epilogues.
   */
  private void store() {
    List<VectorRegister> free = registers(spec.pixels() * vectors, isa.registers() - spec.pixels() * vectors);
    int ofBlock = products.vectorsOfBlock();
    RoundingCode rounding =
        new RoundingCode(code, isa, CONSTANTS, free.getLast(), spec.range().orElse(ByteRange.ANY));
    if (spec.rounds()) {
      rounding.start();
    }
    ByteEpilogue epilogue = spec.epilogue();
    List<VectorRegister> spare = free.subList(ofBlock, free.size() - 1);
    int count = ExpressionStreams.count(epilogue.expression(), epilogue.registers(isa), spare.size());
    ExpressionStreams streams =
        new ExpressionStreams(VectorEmitter.of(isa, code), spare, Math.min(spec.pixels(), count));
    code.mov(SOURCE, OUTPUT);
    for (int block = 0; block < spec.blocks(); block++) {
      for (int half = 0; half < ofBlock; half++) {
        scale(streams, block * ofBlock + half, free.get(half));
      }
      if (spec.rounds()) {
        round(block, rounding);
      } else {
        floats(block);
      }
      if (block < spec.blocks() - 1) {
        code.add(SOURCE, spec.outputBlock());
      }
    }
  }

  /** Turns the sums of a vector of channels into results. */
  private void scale(ExpressionStreams streams, int vector, VectorRegister scale) {
    code.vmovups(scale, parameter(ChannelParameters.SCALES, vector));
    streams.each(spec.pixels(), (stream, pixel) -> {
      VectorRegister sum = accumulator(pixel, vector);
      if (spec.corrected()) {
        correct(sum, pixel, stream.scratch());
      }
      code.vcvtdq2ps(sum, sum);
      Address offset = parameter(ChannelParameters.OFFSETS, vector);
      if (spec.scaled()) {
        addScaled(sum, scale, offset, pixel, stream.scratch());
      } else {
        code.vfmadd213ps(sum, scale, offset);
      }
      if (!spec.epilogue().isNone()) {
        evaluate(stream, sum, pixel, vector);
      }
      if (spec.rounds()) {
        code.vcvtps2dq(sum, sum);
      }
    });
  }

  /** Multiplies a sum by the scales of channels and that of a pixel, and adds the offsets. */
  private void addScaled(VectorRegister sum, VectorRegister scale, Address offset, int pixel, FreeRegisters free) {
    Address factor = Address.of(BESIDE, pixel * Float.BYTES);
    VectorRegister own = free.take();
    if (isa == Isa.AVX512) {
      code.vmulps(own, scale, factor.bcst());
    } else {
      code.vbroadcastss(own, factor);
      code.vmulps(own, own, scale);
    }
    code.vfmadd213ps(sum, own, offset);
    free.release(own);
  }

  private void evaluate(ExpressionStreams.Stream stream, VectorRegister result, int pixel, int vector) {
    Optional<VectorRegister> beside = Optional.empty();
    if (hasSide()) {
      int block = vector / products.vectorsOfBlock() * spec.outputBlock();
      int half = vector % products.vectorsOfBlock() * isa.lanes() * spec.elementBytes();
      beside = Optional.of(stream.scratch().take());
      load(stream.vector(), beside.get(), Address.of(BESIDE, beside(block + half + pixel * spec.outputPixel())));
    }
    VectorRegister side = beside.orElse(result);
    VectorRegister value = stream.expressions()
        .evaluate(spec.epilogue().expression(), port -> port == FusedGroup.RESULT ? result : side);
    stream.vector().move(result, value);
    stream.scratch().release(value);
  }

  private void load(VectorEmitter emitter, VectorRegister to, Address from) {
    ByteEpilogue.Side side = spec.epilogue().side().orElseThrow();
    if (!side.isByte()) {
      code.vmovups(to, from);
      return;
    }
    code.vpmovzxbd(to, from);
    if (side.zeroPoint() != 0) {
      code.vpsubd(to, to, emitter.constantBits(side.zeroPoint()));
    }
    code.vcvtdq2ps(to, to);
    code.vmulps(to, to, emitter.constant(side.step()));
  }

  private void correct(VectorRegister sum, int pixel, FreeRegisters scratch) {
    Address correction = Address.of(BESIDE, pixel * Integer.BYTES);
    if (isa == Isa.AVX512) {
      code.vpaddd(sum, sum, correction.bcst());
    } else {
      VectorRegister spare = scratch.take();
      code.vpbroadcastd(spare, correction);
      code.vpaddd(sum, sum, spare);
      scratch.release(spare);
    }
  }

  private void floats(int block) {
    int ofBlock = products.vectorsOfBlock();
    for (int pixel = 0; pixel < spec.pixels(); pixel++) {
      for (int half = 0; half < ofBlock; half++) {
        code.vmovups(
            Address.of(SOURCE, pixel * spec.outputPixel() + half * isa.vectorBytes()),
            accumulator(pixel, block * ofBlock + half));
      }
    }
  }

  /** Packs four vectors of integers at a time to one of bytes: four pixels, or two where a block is two vectors. */
  private void round(int block, RoundingCode rounding) {
    int ofBlock = products.vectorsOfBlock();
    List<VectorRegister> sums = IntStream.range(0, spec.pixels() * ofBlock)
        .mapToObj(i -> accumulator(i / ofBlock, block * ofBlock + i % ofBlock))
        .toList();
    for (int first = 0; first < sums.size(); first += RoundingCode.PACKED) {
      List<VectorRegister> packed = sums.subList(first, Math.min(first + RoundingCode.PACKED, sums.size()));
      rounding.pack(packed);
      write(packed.getFirst(), first / ofBlock, packed.size() / ofBlock);
    }
  }

  private void write(VectorRegister bytes, int pixel, int count) {
    boolean isWhole = count == isa.vectorBytes() / ChannelBytes.BLOCK && spec.outputPixel() == ChannelBytes.BLOCK;
    if (isWhole) {
      code.vmovups(Address.of(SOURCE, pixel * spec.outputPixel()), bytes);
      return;
    }
    for (int i = 0; i < count; i++) {
      Address to = Address.of(SOURCE, (pixel + i) * spec.outputPixel());
      if (i == 0) {
        code.vmovups(to, bytes.withBits(128));
      } else if (isa == Isa.AVX512) {
        code.vextracti32x4(to, bytes, i);
      } else {
        code.vextracti128(to, bytes, i);
      }
    }
  }
}
