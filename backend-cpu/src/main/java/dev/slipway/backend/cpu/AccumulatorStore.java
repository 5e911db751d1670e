package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;
import java.util.ArrayList;
import java.util.List;

/**
 * Emits how the accumulators of a tile reach memory: the bias is added, then the epilogue evaluated on registers.
 *
 * <p>Where the epilogue needs more registers than the tile leaves, the first accumulators are parked where their
 * results will be, and are loaded again when the others are done.
 */
final class AccumulatorStore {
  private final TileSpec spec;
  private final TileShape shape;
  private final VectorEmitter vector;
  private final Assembler assembler;
  private final Pointers pointers;
  private final int parked;
  private final Register mask;
  private final ExpressionStreams streams;

  /**
   * General registers.
   *
   * @param bias the biases of the tile's channels
   * @param output the first result; stays as it is
   * @param sides the first element of each side; they stay as they are
   * @param moving one for the output and each side, overwritten
   */
  record Pointers(Gpr bias, Gpr output, List<Gpr> sides, List<Gpr> moving) {}

  AccumulatorStore(TileSpec spec, VectorEmitter vector, Pointers pointers) {
    this.spec = spec;
    this.vector = vector;
    this.pointers = pointers;
    shape = spec.shape();
    assembler = vector.assembler();
    Isa isa = vector.isa();
    int accumulators = shape.accumulators();
    int masks = isPartial() ? 1 : 0;
    int each = scratch(spec.epilogue(), isa);
    int most = ExpressionStreams.count(spec.epilogue().expression(), each, isa.registers() - masks);
    int count = Math.min(most, shape.area());
    int needed = masks + (spec.epilogue().equals(Epilogue.NONE) ? 0 : count * each);
    parked = Math.max(0, needed - (isa.registers() - accumulators));
    List<VectorRegister> free = new ArrayList<>();
    for (int i = accumulators; i < isa.registers(); i++) {
      free.add(isa.register(i));
    }
    for (int i = 0; i < parked; i++) {
      free.add(isa.register(i));
    }
    mask = vector.laneMask(MaskRegister.K1, isPartial() ? free.removeFirst() : isa.register(0));
    streams = new ExpressionStreams(vector, free, count);
  }

  /** Whether there are registers, pointers and code for an epilogue. */
  static boolean supports(Epilogue epilogue, Isa isa, int maxSides) {
    return epilogue.sides().size() <= maxSides
        && ExpressionEmitter.supports(epilogue.expression())
        && 1 + scratch(epilogue, isa) <= isa.registers();
  }

  /** Registers that one evaluation takes, of a sum that was parked and of sides that are read under a mask. */
  private static int scratch(Epilogue epilogue, Isa isa) {
    FreeRegisters counting = FreeRegisters.counting(isa.register(0));
    VectorRegister sum = counting.take();
    List<Operand> sides = new ArrayList<>();
    for (Side side : epilogue.sides()) {
      sides.add(side == Side.FULL ? counting.take() : Address.of(Gpr.RAX));
    }
    new ExpressionEmitter(VectorEmitter.of(isa, new Assembler()), counting)
        .evaluate(epilogue.expression(), port -> port == FusedGroup.RESULT ? sum : sides.get(port));
    return counting.mostTaken();
  }

  private boolean isPartial() {
    return spec.lastLanes() < spec.lanes();
  }

  void emit() {
    if (isPartial()) {
      vector.firstLanes(mask, spec.lastLanes());
    }
    if (parked > 0) {
      park();
    }
    start();
    for (int block = 0; block < shape.blocks(); block++) {
      int column = block;
      streams.each(shape.area(), (stream, pixel) -> store(stream, pixel, column));
      advance(block);
    }
  }

  private void park() {
    start();
    for (int block = 0; block < shape.blocks(); block++) {
      for (int pixel = 0; pixel < shape.area(); pixel++) {
        if (isParked(pixel, block)) {
          write(output(pixel), accumulator(pixel, block), block);
        }
      }
      advance(block);
    }
  }

  private void start() {
    assembler.mov(pointers.moving().getFirst(), pointers.output());
    for (int i = 0; i < spec.epilogue().sides().size(); i++) {
      assembler.mov(pointers.moving().get(i + 1), pointers.sides().get(i));
    }
  }

  /** To the next block of channels. */
  private void advance(int block) {
    if (block == shape.blocks() - 1) {
      return;
    }
    assembler.add(pointers.moving().getFirst(), spec.output().block());
    List<Side> sides = spec.epilogue().sides();
    for (int i = 0; i < sides.size(); i++) {
      Gpr pointer = pointers.moving().get(i + 1);
      switch (sides.get(i)) {
        case FULL -> assembler.add(pointer, spec.output().block());
        case CHANNEL -> assembler.add(pointer, spec.vectorBytes());
        case SCALAR -> {}
      }
    }
  }

  private void store(ExpressionStreams.Stream stream, int pixel, int block) {
    VectorRegister sum = accumulator(pixel, block);
    if (isParked(pixel, block)) {
      sum = stream.scratch().take();
      read(sum, output(pixel), block);
    }
    assembler.vaddps(sum, sum, Address.of(pointers.bias(), block * spec.vectorBytes()));
    VectorRegister result = evaluate(stream, sum, pixel, block);
    write(output(pixel), result, block);
    stream.scratch().release(result);
  }

  private VectorRegister evaluate(ExpressionStreams.Stream stream, VectorRegister sum, int pixel, int block) {
    List<Operand> sides = new ArrayList<>();
    for (int i = 0; i < spec.epilogue().sides().size(); i++) {
      sides.add(side(stream.scratch(), i, pixel, block));
    }
    return stream.expressions()
        .evaluate(spec.epilogue().expression(), port -> port == FusedGroup.RESULT ? sum : sides.get(port));
  }

  /** In memory, but for lanes that are not to be read. */
  private Operand side(FreeRegisters scratch, int i, int pixel, int block) {
    Gpr pointer = pointers.moving().get(i + 1);
    return switch (spec.epilogue().sides().get(i)) {
      case SCALAR -> Address.of(pointer).bcst();
      case CHANNEL -> Address.of(pointer);
      case FULL -> {
        Address address = Address.of(pointer, spec.offset(spec.output(), pixel));
        if (!isPartial(block)) {
          yield address;
        }
        VectorRegister loaded = scratch.take();
        vector.load(loaded, address, mask);
        yield loaded;
      }
    };
  }

  private Address output(int pixel) {
    return Address.of(pointers.moving().getFirst(), spec.offset(spec.output(), pixel));
  }

  private void read(VectorRegister to, Address from, int block) {
    if (isPartial(block)) {
      vector.load(to, from, mask);
    } else {
      assembler.vmovups(to, from);
    }
  }

  private void write(Address to, VectorRegister result, int block) {
    if (isPartial(block)) {
      vector.store(to, result, mask);
    } else {
      assembler.vmovups(to, result);
    }
  }

  private boolean isPartial(int block) {
    return isPartial() && block == shape.blocks() - 1;
  }

  private boolean isParked(int pixel, int block) {
    return pixel * shape.blocks() + block < parked;
  }

  private VectorRegister accumulator(int pixel, int block) {
    return vector.isa().register(pixel * shape.blocks() + block);
  }
}
