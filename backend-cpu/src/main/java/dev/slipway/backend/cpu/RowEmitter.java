package dev.slipway.backend.cpu;

import java.util.Optional;
import java.util.function.Consumer;

/** Emits passes over rows of floats that lie behind each other: whole vectors, then what is left. */
final class RowEmitter {
  private static final int SWAP_HALVES = 0x4E;
  private static final int SWAP_NEIGHBOURS = 0xB1;

  private final VectorEmitter vector;
  private final Assembler code;
  private final Gpr wholeBytes;
  private final Gpr rest;
  private final Gpr index;
  private final Register tail;

  /**
   * @param wholeBytes becomes the bytes of a row's whole vectors
   * @param rest becomes the floats behind them
   * @param index counts bytes
   * @param tail from {@link VectorEmitter#laneMask}, for the floats behind the whole vectors
   */
  RowEmitter(VectorEmitter vector, Gpr wholeBytes, Gpr rest, Gpr index, Register tail) {
    this.vector = vector;
    this.wholeBytes = wholeBytes;
    this.rest = rest;
    this.index = index;
    this.tail = tail;
    code = vector.assembler();
  }

  /** An instruction of two sources. */
  interface Operation {
    void emit(VectorRegister d, VectorRegister a, Operand b);
  }

  /** The vector of a row that a pass is at. */
  static final class Part {
    private final VectorEmitter vector;
    private final Gpr index;
    private final Optional<Register> mask;

    private Part(VectorEmitter vector, Gpr index, Optional<Register> mask) {
      this.vector = vector;
      this.index = index;
      this.mask = mask;
    }

    /** Floats of the row that starts at a register; zeros behind its end. */
    void load(VectorRegister d, Gpr row) {
      load(d, row, 0);
    }

    /** The same of the row that starts so many bytes behind a register. */
    void load(VectorRegister d, Gpr row, int offset) {
      Address at = Address.of(row, index, 1, offset);
      mask.ifPresentOrElse(lanes -> vector.load(d, at, lanes), () -> vector.load(d, at));
    }

    void store(Gpr row, VectorRegister s) {
      store(row, 0, s);
    }

    void store(Gpr row, int offset, VectorRegister s) {
      Address at = Address.of(row, index, 1, offset);
      mask.ifPresentOrElse(lanes -> vector.store(at, s, lanes), () -> vector.store(at, s));
    }

    /** Moves what starts so many bytes behind a register, at the place of this vector, into the near caches. */
    void fetch(Gpr row, int offset) {
      vector.assembler().prefetcht0(Address.of(row, index, 1, offset));
    }

    /** Puts another value behind the end of the row. */
    void pad(VectorRegister d, VectorRegister value) {
      mask.ifPresent(lanes -> {
        switch (lanes) {
          case MaskRegister k -> vector.assembler().vblendmps(d.masked(k), value, d);
          case VectorRegister v -> vector.assembler().vblendvps(d, value, d, v);
          case Gpr _, TileRegister _ -> throw new IllegalArgumentException("lane mask: " + lanes);
        }
      });
    }
  }

  /** Computes what the passes need; the length of a row, in floats, stays as it is. */
  void begin(Gpr length) {
    int lanes = vector.isa().lanes();
    code.mov(rest, length);
    code.and(rest, lanes - 1);
    vector.firstLanes(tail, rest, index);
    code.mov(wholeBytes, length);
    code.sub(wholeBytes, rest);
    code.shl(wholeBytes, 2);
  }

  /** One pass. */
  void each(Consumer<Part> body) {
    Label loop = new Label();
    Label left = new Label();
    Label end = new Label();
    code.zero(index);
    code.test(wholeBytes, wholeBytes);
    code.j(Condition.EQUAL, left);
    code.bind(loop);
    body.accept(new Part(vector, index, Optional.empty()));
    code.add(index, vector.isa().vectorBytes());
    code.cmp(index, wholeBytes);
    code.j(Condition.BELOW, loop);
    code.bind(left);
    code.test(rest, rest);
    code.j(Condition.EQUAL, end);
    body.accept(new Part(vector, index, Optional.of(tail)));
    code.bind(end);
  }

  /** Puts all lanes together, in every lane of the same register. */
  void reduce(Operation operation, VectorRegister d, VectorRegister scratch) {
    if (vector.isa() == Isa.AVX512) {
      code.vextractf64x4(scratch.withBits(256), d, 1);
      operation.emit(d.withBits(256), d.withBits(256), scratch.withBits(256));
    }
    VectorRegister low = d.withBits(128);
    VectorRegister other = scratch.withBits(128);
    code.vextractf128(other, d.withBits(256), 1);
    operation.emit(low, low, other);
    code.vpermilps(other, low, SWAP_HALVES);
    operation.emit(low, low, other);
    code.vpermilps(other, low, SWAP_NEIGHBOURS);
    operation.emit(low, low, other);
    code.vbroadcastss(d, low);
  }
}
