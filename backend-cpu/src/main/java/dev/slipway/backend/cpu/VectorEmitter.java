package dev.slipway.backend.cpu;

/**
 * What instruction sets do in different ways, on vectors of floats. Instructions that they share are those of the
 * {@link #assembler}, which encodes them by the registers given. Made by {@link #of}.
 */
abstract sealed class VectorEmitter permits Avx2Emitter, Avx512Emitter {
  /** All bits of a float but its sign. */
  private static final float MAGNITUDE = Float.intBitsToFloat(0x7FFFFFFF);

  private static final float SIGN = -0f;

  /** How many pieces of code can be interleaved. */
  static final int MAX_STREAMS = 4;

  private final Isa isa;
  private final Assembler assembler;

  /** How to round to an integer: the immediate of {@code vroundps}, with inexact results not signalled. */
  enum Rounding {
    NEAREST_EVEN(8),
    DOWN(9),
    UP(10);

    private final int immediate;

    Rounding(int immediate) {
      this.immediate = immediate;
    }

    int immediate() {
      return immediate;
    }
  }

  VectorEmitter(Isa isa, Assembler assembler) {
    this.isa = isa;
    this.assembler = assembler;
  }

  static VectorEmitter of(Isa isa, Assembler assembler) {
    return switch (isa) {
      case AVX2 -> new Avx2Emitter(assembler);
      case AVX512 -> new Avx512Emitter(assembler);
    };
  }

  final Isa isa() {
    return isa;
  }

  final Assembler assembler() {
    return assembler;
  }

  /** A float in every lane, as the last operand of an instruction. */
  abstract Operand constant(float value);

  /** The bits in every lane, as the last operand of an instruction. */
  final Operand constantBits(int bits) {
    return constant(Float.intBitsToFloat(bits));
  }

  /** Lanes of an address, or its one float in every lane where it is a broadcast. */
  final void load(VectorRegister d, Address s) {
    if (s.isBroadcast()) {
      assembler.vbroadcastss(d, s.element());
    } else {
      assembler.vmovups(d, s);
    }
  }

  final void store(Address d, VectorRegister s) {
    assembler.vmovups(d, s);
  }

  /** The register among these two that masks lanes of memory here. */
  abstract Register laneMask(MaskRegister k, VectorRegister v);

  /** The mask of the first lanes, of which there are at most as many as a vector has. */
  abstract void firstLanes(Register mask, int count);

  /**
   * The mask of as many first lanes as a general register says, of which there are at most as many as a vector has.
   * Changes the flags.
   *
   * @param scratch another register, which is overwritten
   */
  abstract void firstLanes(Register mask, Gpr count, Gpr scratch);

  /** Lanes in the mask are read, others are zero; memory is not touched there. */
  abstract void load(VectorRegister d, Address s, Register mask);

  /** Lanes in the mask are written; memory is not touched elsewhere. */
  abstract void store(Address d, VectorRegister s, Register mask);

  final void zero(VectorRegister d) {
    // Short, and known to the processor as a zero in all lanes.
    VectorRegister low = d.number() < 16 ? d.withBits(128) : d;
    assembler.vxorps(low, low, low);
  }

  final void fill(VectorRegister d, float value) {
    if (Float.floatToRawIntBits(value) == 0) {
      zero(d);
    } else {
      assembler.vbroadcastss(d, assembler.literal(value));
    }
  }

  final void move(VectorRegister d, VectorRegister s) {
    if (!d.equals(s)) {
      assembler.vmovaps(d, s);
    }
  }

  final void negate(VectorRegister d, VectorRegister s) {
    assembler.vxorps(d, s, constant(SIGN));
  }

  final void abs(VectorRegister d, VectorRegister s) {
    assembler.vandps(d, s, constant(MAGNITUDE));
  }

  /** {@code magnitude}, which is not negative, with the sign of {@code s}; {@code d} is not the magnitude. */
  final void withSign(VectorRegister d, VectorRegister magnitude, VectorRegister s) {
    assembler.vandps(d, s, constant(SIGN));
    assembler.vorps(d, d, magnitude);
  }

  /** {@code d = max(bound, s)}; NaN where {@code s} is. {@code d} is not {@code s}. */
  final void atLeast(VectorRegister d, Operand s, float bound) {
    fill(d, bound);
    assembler.vmaxps(d, d, s);
  }

  /** {@code d = min(bound, s)}; NaN where {@code s} is. {@code d} is not {@code s}. */
  final void atMost(VectorRegister d, Operand s, float bound) {
    fill(d, bound);
    assembler.vminps(d, d, s);
  }

  /** The larger; NaN where one is. {@code d} and the scratch register are others than both. */
  final void max(VectorRegister d, VectorRegister a, VectorRegister b, VectorRegister scratch) {
    assembler.vmaxps(d, a, b);
    assembler.vmaxps(scratch, b, a);
    assembler.vorps(d, d, scratch);
  }

  /** The smaller; NaN where one is. {@code d} and the scratch register are others than both. */
  final void min(VectorRegister d, VectorRegister a, VectorRegister b, VectorRegister scratch) {
    // The instruction gives its second source where one is NaN.
    assembler.vminps(d, a, b);
    assembler.vminps(scratch, b, a);
    assembler.vorps(d, d, scratch);
  }

  /** {@code yes} where {@code a OP b}, else {@code no}; {@code d} is another register than these two. */
  abstract void select(
      VectorRegister d, Comparison comparison, VectorRegister a, Operand b, VectorRegister yes, VectorRegister no);

  /** 1 where {@code a OP b}, else 0. */
  abstract void truth(VectorRegister d, Comparison comparison, VectorRegister a, Operand b);

  abstract void round(VectorRegister d, Operand s, Rounding rounding);

  /**
   * {@code d = 1 / b} within 1 unit in the last place, where b and the result are normal numbers; {@code d} is another
   * register than {@code b}, which is overwritten.
   */
  abstract void reciprocalNormal(VectorRegister d, VectorRegister b);

  /**
   * {@code d = a / b} within 2 units in the last place, where b and its reciprocal are normal numbers; {@code d} is
   * another register than {@code a} and {@code b}, which is overwritten.
   */
  abstract void divideNormal(VectorRegister d, VectorRegister a, VectorRegister b);

  /**
   * This for code that is interleaved with that of others.
   *
   * @param stream 0 to {@link #MAX_STREAMS} - 1, another for each
   */
  abstract VectorEmitter stream(int stream);
}
