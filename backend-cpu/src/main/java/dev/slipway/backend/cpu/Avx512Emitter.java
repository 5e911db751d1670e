package dev.slipway.backend.cpu;

import java.util.List;
import java.util.stream.IntStream;

/** 512-bit vectors; comparisons overwrite {@link #CONDITION}. */
final class Avx512Emitter extends VectorEmitter {
  /** The mask register of comparisons. */
  static final MaskRegister CONDITION = MaskRegister.K7;

  Avx512Emitter(Assembler assembler) {
    super(Isa.AVX512, assembler);
  }

  @Override
  Operand constant(float value) {
    return assembler().literal(value).bcst();
  }

  @Override
  Register laneMask(MaskRegister k, VectorRegister v) {
    return k;
  }

  @Override
  void firstLanes(Register mask, int count) {
    assembler().kmovw((MaskRegister) mask, assembler().literals(List.of((1 << count) - 1)));
  }

  @Override
  void firstLanes(Register mask, Gpr count, Gpr scratch) {
    List<Integer> masks = IntStream.rangeClosed(0, isa().lanes()).mapToObj(lanes -> (1 << lanes) - 1).toList();
    assembler().lea(scratch, assembler().literals(masks));
    assembler().kmovw((MaskRegister) mask, Address.of(scratch, count, Integer.BYTES, 0));
  }

  @Override
  void load(VectorRegister d, Address s, Register mask) {
    assembler().vmovups(d.zeroed((MaskRegister) mask), s);
  }

  @Override
  void store(Address d, VectorRegister s, Register mask) {
    assembler().vmovups(d.masked((MaskRegister) mask), s);
  }

  @Override
  void select(
      VectorRegister d, Comparison comparison, VectorRegister a, Operand b, VectorRegister yes, VectorRegister no) {
    assembler().vcmpps(CONDITION, a, b, comparison.predicate());
    assembler().vblendmps(d.masked(CONDITION), no, yes);
  }

  @Override
  void truth(VectorRegister d, Comparison comparison, VectorRegister a, Operand b) {
    assembler().vcmpps(CONDITION, a, b, comparison.predicate());
    assembler().vbroadcastss(d.zeroed(CONDITION), assembler().literal(1));
  }

  @Override
  void round(VectorRegister d, Operand s, Rounding rounding) {
    assembler().vrndscaleps(d, s, rounding.immediate());
  }

  @Override
  VectorRegister exponent(VectorRegister n, VectorRegister biased) {
    return n;
  }

  @Override
  void scaleByPower(VectorRegister d, VectorRegister exponent) {
    assembler().vscalefps(d, d, exponent);
  }

  /** One Newton step from 14 bits: the divider takes 16 cycles for a vector. */
  @Override
  void divideNormal(VectorRegister d, VectorRegister a, VectorRegister b) {
    assembler().vrcp14ps(d, b);
    assembler().vfnmadd213ps(b, d, constant(1));
    assembler().vfmadd231ps(d, d, b);
    assembler().vmulps(d, d, a);
  }
}
