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
  private final VectorRegister bias;
  private final VectorRegister reloaded;
  private final Register mask;
  private final FreeRegisters scratch;

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
    parked = parked(isa.registers() - accumulators, isa);
    List<VectorRegister> free = new ArrayList<>();
    for (int i = accumulators; i < isa.registers(); i++) {
      free.add(isa.register(i));
    }
    for (int i = 0; i < parked; i++) {
      free.add(isa.register(i));
    }
    bias = free.removeFirst();
    mask = vector.laneMask(MaskRegister.K1, isPartial() ? free.removeFirst() : bias);
    reloaded = parked == 0 ? bias : free.removeFirst();
    scratch = new FreeRegisters(free);
  }

  /** Whether there are registers, pointers and code for an epilogue. */
  static boolean supports(Epilogue epilogue, Isa isa, int maxSides) {
    return epilogue.sides().size() <= maxSides
        && ExpressionEmitter.supports(epilogue.expression())
        && needed(epilogue, isa) <= isa.registers();
  }

  /** How many sums must leave their registers where so many others are free. */
  private int parked(int free, Isa isa) {
    boolean plain = spec.epilogue().equals(Epilogue.NONE);
    int withoutReload = isPartial() ? 2 : 1;
    return plain && withoutReload <= free ? 0 : Math.max(0, needed(spec.epilogue(), isa) - free);
  }

  /** Vector registers beside those of the accumulators: bias, lane mask, a reloaded sum, loaded sides, scratch. */
  private static int needed(Epilogue epilogue, Isa isa) {
    if (epilogue.equals(Epilogue.NONE)) {
      return 3;
    }
    return 3 + epilogue.sides().size() + ExpressionEmitter.scratchRegisters(isa, epilogue.expression(), true);
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
      assembler.vmovups(bias, Address.of(pointers.bias(), block * spec.vectorBytes()));
      for (int pixel = 0; pixel < shape.area(); pixel++) {
        store(pixel, block);
      }
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

  private void store(int pixel, int block) {
    VectorRegister sum = accumulator(pixel, block);
    if (isParked(pixel, block)) {
      sum = reloaded;
      read(sum, output(pixel), block);
    }
    assembler.vaddps(sum, sum, bias);
    VectorRegister result = evaluate(sum, pixel, block);
    write(output(pixel), result, block);
    scratch.release(result);
  }

  private VectorRegister evaluate(VectorRegister sum, int pixel, int block) {
    List<Operand> sides = new ArrayList<>();
    for (int i = 0; i < spec.epilogue().sides().size(); i++) {
      sides.add(side(i, pixel, block));
    }
    return new ExpressionEmitter(vector, scratch)
        .evaluate(spec.epilogue().expression(), port -> port == FusedGroup.RESULT ? sum : sides.get(port));
  }

  /** In memory, but for lanes that are not to be read. */
  private Operand side(int i, int pixel, int block) {
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
