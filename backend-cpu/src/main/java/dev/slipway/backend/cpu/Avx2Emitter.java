package dev.slipway.backend.cpu;

import java.util.List;
import java.util.stream.IntStream;

/** 256-bit vectors; lanes of memory are masked by the signs of a vector. */
final class Avx2Emitter extends VectorEmitter {
  Avx2Emitter(Assembler assembler) {
    super(Isa.AVX2, assembler);
  }

  @Override
  Operand constant(float value) {
    return assembler().literal(value, isa().lanes());
  }

  @Override
  Register laneMask(MaskRegister k, VectorRegister v) {
    return v;
  }

  @Override
  void firstLanes(Register mask, int count) {
    List<Integer> lanes = IntStream.range(0, isa().lanes()).mapToObj(lane -> lane < count ? -1 : 0).toList();
    assembler().vmovups((VectorRegister) mask, assembler().literals(lanes));
  }

  @Override
  void firstLanes(Register mask, Gpr count, Gpr scratch) {
    int lanes = isa().lanes();
    List<Integer> ramp = IntStream.range(0, 2 * lanes).mapToObj(lane -> lane < lanes ? -1 : 0).toList();
    assembler().lea(scratch, assembler().literals(ramp).plus(isa().vectorBytes()));
    assembler().neg(count);
    assembler().vmovups((VectorRegister) mask, Address.of(scratch, count, Integer.BYTES, 0));
    assembler().neg(count);
  }

  @Override
  void load(VectorRegister d, Address s, Register mask) {
    assembler().vmaskmovps(d, (VectorRegister) mask, s);
  }

  @Override
  void store(Address d, VectorRegister s, Register mask) {
    assembler().vmaskmovps(d, (VectorRegister) mask, s);
  }

  @Override
  void select(
      VectorRegister d, Comparison comparison, VectorRegister a, Operand b, VectorRegister yes, VectorRegister no) {
    assembler().vcmpps(d, a, b, comparison.predicate());
    assembler().vblendvps(d, no, yes, d);
  }

  @Override
  void truth(VectorRegister d, Comparison comparison, VectorRegister a, Operand b) {
    assembler().vcmpps(d, a, b, comparison.predicate());
    assembler().vandps(d, d, constant(1));
  }

  @Override
  void round(VectorRegister d, Operand s, Rounding rounding) {
    assembler().vroundps(d, s, rounding.immediate());
  }

  @Override
  void reciprocalNormal(VectorRegister d, VectorRegister b) {
    fill(d, 1);
    assembler().vdivps(d, d, b);
  }

  @Override
  void divideNormal(VectorRegister d, VectorRegister a, VectorRegister b) {
    assembler().vdivps(d, a, b);
  }

  @Override
  VectorEmitter stream(int stream) {
    return this;
  }
}
