package dev.slipway.backend.cpu;

import java.util.List;

/**
 * Emits how vectors of 32-bit integers become bytes: packed with saturation, moved by the zero point, brought into the
 * range of {@link RoundingConstants}.
 *
 * @param constants points to these
 * @param order a register for {@link #start}
 * @param range what is left out where it changes nothing
 */
record RoundingCode(Assembler code, Isa isa, Gpr constants, VectorRegister order, ByteRange range) {
  /** Vectors of integers that become one of bytes. */
  static final int PACKED = 4;

  /** Loads what the others read. */
  void start() {
    code.vmovups(order, code.literals(dwords()));
  }

  /** Packs up to four vectors of integers into the first of them, in their order. */
  void pack(List<VectorRegister> integers) {
    VectorRegister low = integers.getFirst();
    packLanes(integers);
    code.vpermd(low, order, low);
    if (range.bounded()) {
      code.vpmaxub(low, low, Address.of(constants, RoundingConstants.LOWEST));
      code.vpminub(low, low, Address.of(constants, RoundingConstants.HIGHEST));
    }
  }

  /**
   * Packs up to four vectors of integers into the first of them, moved and saturated: within each 128 bits four bytes
   * of each. Needs no {@link #start}.
   */
  void packLanes(List<VectorRegister> integers) {
    VectorRegister low = integers.getFirst();
    words(low, integers.get(Math.min(1, integers.size() - 1)));
    VectorRegister high = low;
    if (integers.size() > 2) {
      high = integers.get(2);
      words(high, integers.getLast());
    }
    code.vpackuswb(low, low, high);
  }

  private void words(VectorRegister low, VectorRegister high) {
    code.vpackssdw(low, low, high);
    if (range.moved()) {
      code.vpaddsw(low, low, Address.of(constants, RoundingConstants.ZERO_POINTS));
    }
  }

  /** Packing works within 128 bits: this brings its dwords in order. */
  private List<Integer> dwords() {
    return isa == Isa.AVX512
        ? List.of(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)
        : List.of(0, 4, 1, 5, 2, 6, 3, 7);
  }
}
