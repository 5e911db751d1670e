package dev.slipway.backend.cpu;

/** The operand forms of vector and mask instructions, named as in the column Op/En of Intel SDM volume 2. */
interface VectorForms {
  /** Mask instructions with two sources have the length bit set. */
  int TWO_SOURCES = 256;

  int ONE_SOURCE = 128;

  /**
   * Emits one instruction.
   *
   * @param reg the number in ModRM.reg
   * @param vvvv the number of the further source, 0 where there is none
   * @param bits the length of the vectors
   * @param mask the lanes written
   * @param immediate none or one byte
   */
  void vector(
      VectorOpcode opcode,
      int reg,
      int vvvv,
      RegisterOrMemory rm,
      int bits,
      MaskRegister mask,
      boolean zeroing,
      int... immediate);

  /** Destination, first source, last source. */
  default void rvm(VectorOpcode opcode, VectorRegister d, VectorRegister a, Operand b, int... immediate) {
    int bits = Math.max(widest(d, b), a.bits());
    vector(opcode, d.number(), a.number(), b, bits, d.mask(), d.zeroing(), immediate);
  }

  /** Destination, source. */
  default void rm(VectorOpcode opcode, VectorRegister d, Operand s, int... immediate) {
    vector(opcode, d.number(), 0, s, widest(d, s), d.mask(), d.zeroing(), immediate);
  }

  /** Destination in memory or a register, source in a register. */
  default void mr(VectorOpcode opcode, Operand d, VectorRegister s, int... immediate) {
    if (d instanceof Address memory) {
      vector(opcode, s.number(), 0, memory, s.bits(), memory.mask(), false, immediate);
    } else {
      VectorRegister r = (VectorRegister) d;
      vector(opcode, s.number(), 0, r, widest(s, r), r.mask(), r.zeroing(), immediate);
    }
  }

  /** A load or a move between registers, where the form of the store may be shorter. */
  default void move(VectorOpcode load, VectorOpcode store, VectorRegister d, Operand s) {
    boolean high = s instanceof VectorRegister(int number, _, _, _) && number > 7 && number < 16;
    if (high && d.number() < 8 && d.bits() < 512 && d.mask() == MaskRegister.K0 && load.hasVex()) {
      vector(store, ((VectorRegister) s).number(), 0, d, d.bits(), d.mask(), d.zeroing());
    } else {
      rm(load, d, s);
    }
  }

  /** A shift by a constant; its opcode continues in ModRM.reg. */
  default void shift(VectorOpcode opcode, int extension, VectorRegister d, VectorRegister s, int count) {
    vector(opcode, extension, d.number(), s, d.bits(), d.mask(), d.zeroing(), count);
  }

  /** A comparison whose destination is a mask. */
  default void compare(VectorOpcode opcode, MaskRegister d, VectorRegister a, Operand b, int... immediate) {
    vector(opcode, d.number(), a.number(), b, a.bits(), a.mask(), false, immediate);
  }

  /** Between the low lane of a vector register and a general one. */
  default void transfer(VectorOpcode opcode, VectorRegister v, Gpr r) {
    vector(opcode, v.number(), 0, r, v.bits(), v.mask(), v.zeroing());
  }

  default void mask(VectorOpcode opcode, Register reg, RegisterOrMemory rm, int... immediate) {
    vector(opcode, reg.number(), 0, rm, ONE_SOURCE, MaskRegister.K0, false, immediate);
  }

  default void mask(VectorOpcode opcode, MaskRegister d, MaskRegister a, MaskRegister b) {
    vector(opcode, d.number(), a.number(), b, TWO_SOURCES, MaskRegister.K0, false);
  }

  private static int widest(VectorRegister r, Operand other) {
    return other instanceof VectorRegister(_, int bits, _, _) ? Math.max(r.bits(), bits) : r.bits();
  }
}
