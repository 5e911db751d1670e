package dev.slipway.backend.cpu;

import java.util.List;
import java.util.stream.IntStream;

/** 512-bit vectors; comparisons overwrite a mask register. */
final class Avx512Emitter extends VectorEmitter {
  /** The mask registers of comparisons, one for each stream. */
  private static final List<MaskRegister> CONDITIONS =
      List.of(MaskRegister.K7, MaskRegister.K6, MaskRegister.K5, MaskRegister.K4);

  private final MaskRegister condition;

  Avx512Emitter(Assembler assembler) {
    this(assembler, CONDITIONS.getFirst());
  }

  private Avx512Emitter(Assembler assembler, MaskRegister condition) {
    super(Isa.AVX512, assembler);
    this.condition = condition;
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
    assembler().vcmpps(condition, a, b, comparison.predicate());
    assembler().vblendmps(d.masked(condition), no, yes);
  }

  @Override
  void truth(VectorRegister d, Comparison comparison, VectorRegister a, Operand b) {
    assembler().vcmpps(condition, a, b, comparison.predicate());
    assembler().vbroadcastss(d.zeroed(condition), assembler().literal(1));
  }

  @Override
  void round(VectorRegister d, Operand s, Rounding rounding) {
    assembler().vrndscaleps(d, s, rounding.immediate());
  }

  /** One Newton step from 14 bits: the divider takes 16 cycles for a vector. */
  @Override
  void reciprocalNormal(VectorRegister d, VectorRegister b) {
    assembler().vrcp14ps(d, b);
    assembler().vfnmadd213ps(b, d, constant(1));
    assembler().vfmadd231ps(d, d, b);
  }

  @Override
  void divideNormal(VectorRegister d, VectorRegister a, VectorRegister b) {
    reciprocalNormal(d, b);
    assembler().vmulps(d, d, a);
  }

  @Override
  VectorEmitter stream(int stream) {
    return new Avx512Emitter(assembler(), CONDITIONS.get(stream));
  }
}
